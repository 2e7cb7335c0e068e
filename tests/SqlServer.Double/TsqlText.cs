using System.Globalization;
using System.Text;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Collects the edits that turn a T-SQL statement into SQLite's dialect, and applies them to its parts.</summary>
internal sealed class TsqlText(string sql) : TSqlFragmentVisitor
{
    private readonly List<(int From, int To, string Text)> _edits = [];

    public string Of(TSqlFragment part)
    {
        var (from, end) = (part.StartOffset, part.StartOffset + part.FragmentLength);
        var text = new StringBuilder();
        foreach (var edit in _edits.Where(e => e.From >= from && e.To <= end).OrderBy(e => e.From).ThenBy(e => e.To))
        {
            // Skips an edit inside a range that was already replaced.
            if (edit.From < from)
                continue;
            text.Append(sql, from, edit.From - from).Append(edit.Text);
            from = edit.To;
        }

        return text.Append(sql, from, end - from).ToString().TrimEnd(';');
    }

    public override void ExplicitVisit(SchemaObjectName node)
    {
        if (node.SchemaIdentifier is { } schema)
            Edit(schema.StartOffset, node.BaseIdentifier.StartOffset, "");
    }

    public override void ExplicitVisit(NamedTableReference node)
    {
        if (node.TableHints.Count > 0)
        {
            var kept = (TSqlFragment?)node.Alias ?? node.SchemaObject;
            Edit(kept.StartOffset + kept.FragmentLength, node.StartOffset + node.FragmentLength, "");
        }

        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(QuerySpecification node)
    {
        if (node.TopRowFilter is { } top)
        {
            Edit(top.StartOffset, top.StartOffset + top.FragmentLength, "");
            var end = node.StartOffset + node.FragmentLength;
            Edit(end, end, $" LIMIT {Raw(top.Expression)}");
        }

        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(OffsetClause node) => Edit(
        node.StartOffset, node.StartOffset + node.FragmentLength, $"LIMIT {Raw(node.FetchExpression)} OFFSET {Raw(node.OffsetExpression)}");

    public override void ExplicitVisit(BinaryLiteral node) => Edit(
        node.StartOffset, node.StartOffset + node.FragmentLength, $"x'{node.Value[2..]}'");

    public override void ExplicitVisit(StringLiteral node)
    {
        if (node.IsNational)
            Edit(node.StartOffset, node.StartOffset + 1, "");
    }

    public override void ExplicitVisit(FunctionCall node)
    {
        switch (node.FunctionName.Value.ToUpperInvariant())
        {
            case "DATEDIFF_BIG":
                Edit(node.StartOffset, node.StartOffset + node.FragmentLength, "now_ms()");
                return;
            case "SCOPE_IDENTITY":
                Edit(node.StartOffset, node.StartOffset + node.FragmentLength, "last_insert_rowid()");
                return;
            case "OBJECT_ID":
                Edit(
                    node.StartOffset, node.StartOffset + node.FragmentLength,
                    $"(SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{((StringLiteral)node.Parameters[0]).Value.Split('.')[^1]}')");
                return;
            case "SERVERPROPERTY":
                Edit(node.StartOffset, node.StartOffset + node.FragmentLength, "edition()");
                return;
            case "INDEXPROPERTY":
                // Index names are unique in a SQLite database.
                Edit(
                    node.StartOffset, node.StartOffset + node.FragmentLength,
                    $"(SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = {Raw(node.Parameters[1])})");
                return;
            case "DATALENGTH":
                Edit(node.FunctionName.StartOffset, node.FunctionName.StartOffset + node.FunctionName.FragmentLength, "length");
                break;
        }

        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(CreateIndexStatement node)
    {
        if (node.IndexOptions is [.., var last])
        {
            var kept = (TSqlFragment?)node.FilterPredicate ?? node.Columns[^1];
            var end = kept.StartOffset + kept.FragmentLength;
            var close = sql.IndexOf(')', last.StartOffset + last.FragmentLength);
            Edit(end, close + 1, node.FilterPredicate is null ? ")" : "");
        }

        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(CastCall node)
    {
        if (node.DataType is SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.Binary or SqlDataTypeOption.VarBinary } type)
            Edit(type.StartOffset, type.StartOffset + type.FragmentLength, "BLOB");
        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(ColumnDefinition node)
    {
        var type = (SqlDataTypeReference)node.DataType;
        var (name, end) = (node.ColumnIdentifier.Value, node.StartOffset + node.FragmentLength);
        if (node.IdentityOptions is not null)
        {
            Edit(node.StartOffset, end, $"{name} INTEGER PRIMARY KEY AUTOINCREMENT");
            return;
        }

        if (node.Collation is { } collation)
            Edit(type.StartOffset + type.FragmentLength, collation.StartOffset + collation.FragmentLength, "");
        if (type.Parameters is [MaxLiteral])
            Edit(type.StartOffset, type.StartOffset + type.FragmentLength, type.SqlDataTypeOption.ToString().ToLowerInvariant());
        else if (type.Parameters is [IntegerLiteral maxLength])
            Edit(end, end, string.Create(CultureInfo.InvariantCulture, $" CHECK (length({name}) <= {maxLength.Value})"));
        base.ExplicitVisit(node);
    }

    private string Raw(TSqlFragment part) => sql.Substring(part.StartOffset, part.FragmentLength);

    private void Edit(int from, int to, string text) => _edits.Add((from, to, text));
}
