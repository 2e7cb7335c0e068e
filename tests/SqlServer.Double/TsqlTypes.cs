using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>
/// Checks the types of parameters against the columns that they are compared with or stored in. SQL Server would convert silently, and scan
/// a whole index when it converts the column.
/// </summary>
internal sealed class TsqlTypes : TSqlFragmentVisitor
{
    private readonly TsqlSchema _schema;
    private readonly Dictionary<string, string> _parameters;
    private readonly List<(string Alias, string Table)> _tables = [];
    private readonly List<string> _violations = [];

    public TsqlTypes(TsqlSchema schema, IReadOnlyList<TsqlParameter> parameters)
    {
        _schema = schema;
        _parameters = parameters.ToDictionary(p => p.Name, p => p.Type, StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyList<string> Violations => _violations;

    public override void ExplicitVisit(TSqlScript node)
    {
        var names = new Names(_tables);
        node.Accept(names);
        base.ExplicitVisit(node);
    }

    public override void Visit(BooleanComparisonExpression node)
    {
        Check(node.FirstExpression, node.SecondExpression);
        Check(node.SecondExpression, node.FirstExpression);
    }

    public override void Visit(BooleanTernaryExpression node)
    {
        Check(node.FirstExpression, node.SecondExpression);
        Check(node.FirstExpression, node.ThirdExpression);
    }

    public override void Visit(InPredicate node)
    {
        foreach (var value in node.Values)
            Check(node.Expression, value);
    }

    public override void Visit(AssignmentSetClause node)
    {
        if (node.Column is { } column)
            Check(column, node.NewValue);
    }

    public override void Visit(InsertSpecification node)
    {
        var table = ((NamedTableReference)node.Target).SchemaObject.BaseIdentifier.Value;
        var values = node.InsertSource switch
        {
            ValuesInsertSource rows => rows.RowValues[0].ColumnValues.ToList(),
            SelectInsertSource { Select: QuerySpecification query } => [.. query.SelectElements.OfType<SelectScalarExpression>().Select(e => e.Expression)],
            _ => [],
        };
        foreach (var (column, value) in node.Columns.Zip(values))
            Check(_schema.TypeOf(table, column.MultiPartIdentifier.Identifiers[^1].Value), column.MultiPartIdentifier.Identifiers[^1].Value, value);
    }

    private void Check(ScalarExpression column, ScalarExpression value)
    {
        if (column is not ColumnReferenceExpression { MultiPartIdentifier.Identifiers: { } parts })
            return;

        var name = parts[^1].Value;
        var types = (parts.Count > 1 ? _tables.Where(t => t.Alias.Equals(parts[^2].Value, StringComparison.OrdinalIgnoreCase)) : _tables)
            .Select(t => _schema.TypeOf(t.Table, name)).OfType<string>().Distinct().ToList();
        // An unqualified name that exists in several tables with different types is not checked.
        if (types.Count == 1)
            Check(types[0], name, value);
    }

    private void Check(string? type, string column, ScalarExpression value)
    {
        if (type is null || value is not VariableReference parameter || _parameters.GetValueOrDefault(parameter.Name) is not { } given)
            return;

        var fits = type switch
        {
            "bigint" => given is "bigint" or "int" or "smallint" or "tinyint" or "bit",
            _ => given == type,
        };
        if (!fits)
            _violations.Add($"{parameter.Name} is {given}, and {column} is {type}");
    }

    private sealed class Names(List<(string Alias, string Table)> tables) : TSqlFragmentVisitor
    {
        public override void Visit(NamedTableReference node)
        {
            var table = node.SchemaObject.BaseIdentifier.Value;
            tables.Add((node.Alias?.Value ?? table, table));
        }
    }
}
