using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Translates a batch of T-SQL to SQLite's dialect by editing its text only where the two differ.</summary>
internal static partial class TsqlTranslator
{
    private const ushort Select = 0xC1, Insert = 0xC3, Delete = 0xC4, Update = 0xC5;

    public static TranslatedBatch Translate(string sql, TsqlSchema schema, IReadOnlyList<TsqlParameter> parameters)
    {
        // The only procedural batch. The engine acquires the lock and replaces the answer if it cannot.
        if (LockTimeout().Match(sql) is { Success: true } match)
            return new TranslatedBatch(
                [new TranslatedStatement("SELECT 0", Select, [0])], Problems(Parse(sql), schema, parameters),
                TimeSpan.FromMilliseconds(int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)));

        // Translations of queries are cached until the schema changes, because parsing takes longer than running them.
        var key = string.Join('\n', parameters.Select(p => $"{p.Name} {p.Type}").Prepend(sql));
        if (schema.Translated(key) is { } known)
            return known;

        var script = Parse(sql);
        var violations = Problems(script, schema, parameters);
        var statements = violations.Count > 0 ? [] : script.Batches.SelectMany(b => b.Statements).Select(s => Translate(s, sql, schema)).ToList();
        var batch = new TranslatedBatch(statements, violations, SessionLock: null);
        if (violations.Count == 0 && statements.All(s => s.Command != 0))
            schema.Keep(key, batch);
        return batch;
    }

    [GeneratedRegex(@"EXEC @got = sp_getapplock .*@LockOwner = N'Session', @LockTimeout = (\d+)", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex LockTimeout();

    private static TSqlScript Parse(string sql)
    {
        // The grammar of SQL Server 2019.
        var parsed = new TSql150Parser(initialQuotedIdentifiers: true).Parse(new StringReader(sql), out var errors);
        return errors.Count == 0 ? (TSqlScript)parsed : throw new TsqlException(102, $"{errors[0].Message} {sql}");
    }

    private static IReadOnlyList<string> Problems(TSqlScript script, TsqlSchema schema, IReadOnlyList<TsqlParameter> parameters)
    {
        var rules = new TsqlRules();
        script.Accept(rules);
        var types = new TsqlTypes(schema, parameters);
        script.Accept(types);
        return [.. rules.Violations, .. types.Violations];
    }

    private static TranslatedStatement Translate(TSqlStatement statement, string sql, TsqlSchema schema)
    {
        var text = new TsqlText(sql);
        statement.Accept(text);
        switch (statement)
        {
            case CreateTableStatement create:
                schema.Add(create.SchemaObjectName.BaseIdentifier.Value, create.Definition.ColumnDefinitions);
                return new TranslatedStatement(text.Of(create), 0, []);
            case AlterTableAddTableElementStatement add:
                schema.Add(add.SchemaObjectName.BaseIdentifier.Value, add.Definition.ColumnDefinitions);
                return new TranslatedStatement(text.Of(add), 0, []);
            case DropIndexStatement { DropIndexClauses: [DropIndexClause { Index.Value: var index }] }:
                return new TranslatedStatement($"DROP INDEX {index}", 0, []);
            case ExecuteStatement { ExecuteSpecification.ExecutableEntity: ExecutableProcedureReference procedure }:
                return new TranslatedStatement(Rename(procedure, schema), 0, []);
            case SelectStatement select:
                return new TranslatedStatement(text.Of(select), Select, Ints(select.QueryExpression));
            case UpdateStatement { UpdateSpecification: { FromClause: not null } specification }:
                return new TranslatedStatement(UpdateFrom(specification, text), Update, [], TableOf(specification));
            case UpdateStatement update:
                return new TranslatedStatement(text.Of(update), Update, [], TableOf(update.UpdateSpecification));
            case DeleteStatement delete:
                return new TranslatedStatement(text.Of(delete), Delete, [], TableOf(delete.DeleteSpecification));
            default:
                return new TranslatedStatement(text.Of(statement), statement is InsertStatement ? Insert : (ushort)0, []);
        }
    }

    /// <summary>Returns the table that a statement changes.</summary>
    private static string? TableOf(UpdateDeleteSpecificationBase specification)
    {
        var name = (specification.Target as NamedTableReference)?.SchemaObject.BaseIdentifier.Value;
        var target = specification.FromClause?.TableReferences.Select(t => t is QualifiedJoin join ? join.FirstTableReference : t)
            .OfType<NamedTableReference>().FirstOrDefault(t => t.Alias?.Value == name);
        return target?.SchemaObject.BaseIdentifier.Value ?? name;
    }

    /// <summary>Translates <c>UPDATE d … OUTPUT … FROM t AS d JOIN x ON …</c> to <c>UPDATE t AS d … FROM x WHERE … RETURNING …</c>.</summary>
    private static string UpdateFrom(UpdateSpecification update, TsqlText text)
    {
        var (target, others, on) = update.FromClause.TableReferences.Single() switch
        {
            QualifiedJoin { FirstTableReference: NamedTableReference first } join => (first, join.SecondTableReference, join.SearchCondition),
            NamedTableReference only => (only, null, null),
            _ => throw new NotSupportedException("The double does not support an UPDATE whose FROM does not begin with the updated table."),
        };
        var sets = string.Join(", ", update.SetClauses.Select(text.Of));
        var where = string.Join(" AND ", new[] { on, update.WhereClause?.SearchCondition }.Where(c => c is not null).Select(c => $"({text.Of(c!)})"));
        var returning = update.OutputClause is null
            ? ""
            : " RETURNING " + string.Join(", ", update.OutputClause.SelectColumns.Select(text.Of)).Replace("inserted.", "", StringComparison.Ordinal);
        return
            $"""
            UPDATE {target.SchemaObject.BaseIdentifier.Value} AS {target.Alias.Value} SET {sets}{(others is null ? "" : " FROM " + text.Of(others))} WHERE {where}{returning}
            """;
    }

    /// <summary>Translates <c>EXEC sp_rename 'dbo.table.column', 'name', 'COLUMN'</c>, or the same for a table.</summary>
    private static string Rename(ExecutableProcedureReference procedure, TsqlSchema schema)
    {
        var values = procedure.Parameters.Select(p => (p.ParameterValue as StringLiteral)?.Value ?? "").ToList();
        if (procedure.ProcedureReference.ProcedureReference.Name.BaseIdentifier.Value != "sp_rename" || values is not [var old, var name, ..])
            throw new NotSupportedException("The double supports no procedure except sp_rename.");

        switch (old.Split('.'))
        {
            case ["dbo", var table, var column] when values is [_, _, "COLUMN"]:
                schema.RenameColumn(table, column, name);
                return $"ALTER TABLE {table} RENAME COLUMN {column} TO {name}";
            case ["dbo", var table] when values.Count == 2:
                schema.Rename(table, name);
                return $"ALTER TABLE {table} RENAME TO {name}";
            default:
                throw new NotSupportedException($"The double does not support sp_rename of {old}.");
        }
    }

    /// <summary>Returns the columns of a result that SQL Server would return as int: counts and literals.</summary>
    private static int[] Ints(QueryExpression query) => query is QuerySpecification specification
        ? [.. specification.SelectElements.Index().Where(e => e.Item is SelectScalarExpression { Expression: var value } && IsInt(value)).Select(e => e.Index)]
        : [];

    private static bool IsInt(ScalarExpression value) => value switch
    {
        IntegerLiteral => true,
        FunctionCall call => call.FunctionName.Value.Equals("COUNT", StringComparison.OrdinalIgnoreCase),
        SearchedCaseExpression @case => @case.WhenClauses.All(w => IsInt(w.ThenExpression)) && (@case.ElseExpression is null || IsInt(@case.ElseExpression)),
        ParenthesisExpression inner => IsInt(inner.Expression),
        _ => false,
    };
}

/// <summary>A batch translated to SQLite's dialect.</summary>
/// <param name="Statements">The statements.</param>
/// <param name="Violations">The rules that the batch breaks.</param>
/// <param name="SessionLock">How long to wait for the session's application lock; null for a batch that does not request it.</param>
internal sealed record TranslatedBatch(IReadOnlyList<TranslatedStatement> Statements, IReadOnlyList<string> Violations, TimeSpan? SessionLock);

/// <summary>A statement translated to SQLite's dialect.</summary>
/// <param name="Sql">The text.</param>
/// <param name="Command">The protocol's code of the kind of statement.</param>
/// <param name="Ints">The columns that SQL Server would return as int.</param>
/// <param name="Locks">The table in which the statement locks existing rows; null for none.</param>
internal sealed record TranslatedStatement(string Sql, ushort Command, int[] Ints, string? Locks = null);
