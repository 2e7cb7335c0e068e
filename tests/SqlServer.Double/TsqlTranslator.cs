using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Says a batch of T-SQL in SQLite's words: the text stays as it is but for the places where the two differ.</summary>
internal static class TsqlTranslator
{
    private const ushort Select = 0xC1, Insert = 0xC3, Delete = 0xC4, Update = 0xC5;

    public static TranslatedBatch Translate(string sql, TsqlSchema schema, IReadOnlyList<TsqlParameter> parameters)
    {
        // The one batch that is a program: its answer is that the lock was got.
        if (sql.Contains("sp_getapplock", StringComparison.Ordinal))
            return new TranslatedBatch([new TranslatedStatement("SELECT 0", Select, [0])], Problems(Parse(sql), schema, parameters), NeedsTransaction: true);

        // What only reads and writes rows is looked at once, for the tables as they are: parsing takes longer than running it.
        var key = string.Join('\n', parameters.Select(p => $"{p.Name} {p.Type}").Prepend(sql));
        if (schema.Translated(key) is { } known)
            return known;

        var script = Parse(sql);
        var wrong = Problems(script, schema, parameters);
        var statements = wrong.Count > 0 ? [] : script.Batches.SelectMany(b => b.Statements).Select(s => Translate(s, sql, schema)).ToList();
        var batch = new TranslatedBatch(statements, wrong, NeedsTransaction: false);
        if (wrong.Count == 0 && statements.All(s => s.Command != 0))
            schema.Keep(key, batch);
        return batch;
    }

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
        return [.. rules.Broken, .. types.Wrong];
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
                return new TranslatedStatement(UpdateFrom(specification, text), Update, []);
            default:
                return new TranslatedStatement(
                    text.Of(statement), statement switch { InsertStatement => Insert, DeleteStatement => Delete, UpdateStatement => Update, _ => 0 }, []);
        }
    }

    /// <summary><c>UPDATE d … OUTPUT … FROM t AS d JOIN x ON …</c> is <c>UPDATE t AS d … FROM x WHERE … RETURNING …</c>.</summary>
    private static string UpdateFrom(UpdateSpecification update, TsqlText text)
    {
        var (target, others, on) = update.FromClause.TableReferences.Single() switch
        {
            QualifiedJoin { FirstTableReference: NamedTableReference first } join => (first, join.SecondTableReference, join.SearchCondition),
            NamedTableReference only => (only, null, null),
            _ => throw new NotSupportedException("An UPDATE whose FROM does not begin with its table."),
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

    /// <summary><c>EXEC sp_rename 'dbo.table.column', 'name', 'COLUMN'</c>, or of a table.</summary>
    private static string Rename(ExecutableProcedureReference procedure, TsqlSchema schema)
    {
        var values = procedure.Parameters.Select(p => (p.ParameterValue as StringLiteral)?.Value ?? "").ToList();
        if (procedure.ProcedureReference.ProcedureReference.Name.BaseIdentifier.Value != "sp_rename" || values is not [var old, var name, ..])
            throw new NotSupportedException("A procedure other than sp_rename.");

        switch (old.Split('.'))
        {
            case ["dbo", var table, var column] when values is [_, _, "COLUMN"]:
                schema.RenameColumn(table, column, name);
                return $"ALTER TABLE {table} RENAME COLUMN {column} TO {name}";
            case ["dbo", var table] when values.Count == 2:
                schema.Rename(table, name);
                return $"ALTER TABLE {table} RENAME TO {name}";
            default:
                throw new NotSupportedException($"sp_rename of {old}");
        }
    }

    /// <summary>Which columns of a result are of SQL Server's smaller type: counts and literals.</summary>
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

/// <summary>A batch in SQLite's words.</summary>
internal sealed record TranslatedBatch(IReadOnlyList<TranslatedStatement> Statements, IReadOnlyList<string> Wrong, bool NeedsTransaction);

/// <summary>A statement in SQLite's words.</summary>
/// <param name="Sql">Its text.</param>
/// <param name="Command">What the protocol calls its kind.</param>
/// <param name="Ints">The columns that SQL Server would give as int.</param>
internal sealed record TranslatedStatement(string Sql, ushort Command, int[] Ints);
