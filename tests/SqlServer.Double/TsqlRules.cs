using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>
/// Checks statements against the subset of T-SQL that SQL Server 2019, Azure SQL and Babelfish support and that can use the gateway's
/// indexes. Collects the violations.
/// </summary>
internal sealed class TsqlRules : TSqlFragmentVisitor
{
    private readonly List<string> _violations = [];
    private readonly HashSet<string> _tables = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<string> Violations => _violations;

    public override void Visit(MergeStatement node) => Report("MERGE");

    public override void Visit(CreateOrAlterProcedureStatement node) => Report("CREATE OR ALTER");

    public override void Visit(CreateOrAlterViewStatement node) => Report("CREATE OR ALTER");

    public override void Visit(CreateOrAlterFunctionStatement node) => Report("CREATE OR ALTER");

    public override void Visit(CreateOrAlterTriggerStatement node) => Report("CREATE OR ALTER");

    public override void Visit(CreateTriggerStatement node) => Report("a trigger");

    public override void Visit(AlterDatabaseStatement node) => Report("ALTER DATABASE");

    public override void Visit(WaitForStatement node) => Report("WAITFOR");

    public override void Visit(TransactionStatement node) => Report("a BEGIN, COMMIT or ROLLBACK statement");

    public override void Visit(AlterTableAlterColumnStatement node) => Report("ALTER COLUMN");

    public override void Visit(TableDefinition node)
    {
        if (node.Indexes.Count > 0)
            Report("an index inside CREATE TABLE");
    }

    public override void Visit(ColumnDefinition node)
    {
        if (node.Index is not null)
            Report("an index inside CREATE TABLE");
        if (node.DataType is SqlDataTypeReference
            {
                SqlDataTypeOption: not (SqlDataTypeOption.BigInt or SqlDataTypeOption.NVarChar
            or SqlDataTypeOption.VarBinary or SqlDataTypeOption.Float)
            })
            Report($"column {node.ColumnIdentifier.Value} is of a type that the gateway does not use");

        // Columns with different collations cannot be combined in COALESCE or CASE, nor compared; and SQLite compares binary.
        if (node.DataType is SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.NVarChar } && node.Collation?.Value != "Latin1_General_100_BIN2")
            Report($"column {node.ColumnIdentifier.Value} is a text with the database's default collation");

        // SqlClient sometimes fails on such a text when a packet arrives in pieces; varbinary(max) works.
        if (node.DataType is SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.NVarChar, Parameters: [MaxLiteral] })
            Report($"column {node.ColumnIdentifier.Value} is an nvarchar(max)");
    }

    public override void Visit(AlterTableAddTableElementStatement node)
    {
        if (node.Definition.ColumnDefinitions.Count + node.Definition.TableConstraints.Count > 1)
            Report("ALTER TABLE ADD of more than one column");
        InDbo(node.SchemaObjectName);
    }

    public override void Visit(CreateTableStatement node) => InDbo(node.SchemaObjectName);

    public override void Visit(CreateIndexStatement node) => InDbo(node.OnName);

    public override void Visit(SchemaObjectName node)
    {
        if (node.SchemaIdentifier?.Value.Equals("sys", StringComparison.OrdinalIgnoreCase) == true)
            Report("a system table");
    }

    public override void Visit(UpdateStatement node)
    {
        var update = node.UpdateSpecification;
        if (update.Target is NamedTableReference target
            && node.WithCtesAndXmlNamespaces?.CommonTableExpressions.Any(c => c.ExpressionName.Value == target.SchemaObject.BaseIdentifier.Value) == true)
            Report("an UPDATE through a CTE");
        if (update.OutputClause is null)
            return;

        var columns = new Columns();
        foreach (var set in update.SetClauses.OfType<AssignmentSetClause>())
            set.NewValue.Accept(columns);
        update.OutputClause.Accept(columns);
        update.WhereClause?.Accept(columns);
        if (columns.Unqualified.Count > 0)
            Report($"an UPDATE … OUTPUT with unqualified columns: {string.Join(", ", columns.Unqualified)}");
    }

    public override void Visit(OutputIntoClause node) => Report("OUTPUT INTO");

    public override void Visit(FunctionCall node)
    {
        if (node.FunctionName.Value.StartsWith("JSON_", StringComparison.OrdinalIgnoreCase))
            Report(node.FunctionName.Value);
    }

    public override void Visit(NamedTableReference node) => _tables.Add(node.SchemaObject.BaseIdentifier.Value);

    /// <summary>Compares a filter column with a parameter. Such a comparison cannot use a filtered index.</summary>
    public override void Visit(BooleanComparisonExpression node)
    {
        if (_tables.Contains("delivery") && (IsFilter(node.FirstExpression, node.SecondExpression) || IsFilter(node.SecondExpression, node.FirstExpression)))
            Report("a comparison of a delivery's state or hold with a parameter");
    }

    private static bool IsFilter(ScalarExpression column, ScalarExpression value) =>
        value is VariableReference && column is ColumnReferenceExpression { MultiPartIdentifier.Identifiers: [.., { Value: "state" or "hold" }] };

    private void InDbo(SchemaObjectName name)
    {
        if (name.SchemaIdentifier?.Value != "dbo")
            Report($"{name.BaseIdentifier.Value} is not qualified with dbo");
    }

    private void Report(string rule) => _violations.Add(rule);

    private sealed class Columns : TSqlFragmentVisitor
    {
        public List<string> Unqualified { get; } = [];

        public override void Visit(ColumnReferenceExpression node)
        {
            if (node.MultiPartIdentifier is { Identifiers: [var only] })
                Unqualified.Add(only.Value);
        }
    }
}
