using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace PluginGateway.Testing.SqlServer;

/// <summary>
/// The T-SQL that SQL Server 2019, Azure SQL and Babelfish all understand alike, and that the gateway's indexes serve: whatever is not such
/// is named here.
/// </summary>
internal sealed class TsqlRules : TSqlFragmentVisitor
{
    private readonly List<string> _broken = [];
    private readonly HashSet<string> _tables = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<string> Broken => _broken;

    public override void Visit(MergeStatement node) => Broke("MERGE");

    public override void Visit(CreateOrAlterProcedureStatement node) => Broke("CREATE OR ALTER");

    public override void Visit(CreateOrAlterViewStatement node) => Broke("CREATE OR ALTER");

    public override void Visit(CreateOrAlterFunctionStatement node) => Broke("CREATE OR ALTER");

    public override void Visit(CreateOrAlterTriggerStatement node) => Broke("CREATE OR ALTER");

    public override void Visit(CreateTriggerStatement node) => Broke("a trigger");

    public override void Visit(AlterDatabaseStatement node) => Broke("ALTER DATABASE");

    public override void Visit(WaitForStatement node) => Broke("WAITFOR");

    public override void Visit(TransactionStatement node) => Broke("a transaction begun or ended by a statement");

    public override void Visit(AlterTableAlterColumnStatement node) => Broke("ALTER COLUMN");

    public override void Visit(TableDefinition node)
    {
        if (node.Indexes.Count > 0)
            Broke("an index inside CREATE TABLE");
    }

    public override void Visit(ColumnDefinition node)
    {
        if (node.Index is not null)
            Broke("an index inside CREATE TABLE");
        if (node.DataType is SqlDataTypeReference
            {
                SqlDataTypeOption: not (SqlDataTypeOption.BigInt or SqlDataTypeOption.NVarChar
            or SqlDataTypeOption.VarBinary or SqlDataTypeOption.Float)
            })
            Broke($"column {node.ColumnIdentifier.Value} is of a type that the gateway does not use");

        // Two columns whose collations differ cannot stand in one COALESCE or CASE, nor be compared; and SQLite compares as it is spelled.
        if (node.DataType is SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.NVarChar } && node.Collation?.Value != "Latin1_General_100_BIN2")
            Broke($"column {node.ColumnIdentifier.Value} is a text in the database's own collation");

        // The client fails on such a text now and then, when a packet of the answer arrives in pieces; bytes without a limit are read well.
        if (node.DataType is SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.NVarChar, Parameters: [MaxLiteral] })
            Broke($"column {node.ColumnIdentifier.Value} is a text without a limit");
    }

    public override void Visit(AlterTableAddTableElementStatement node)
    {
        if (node.Definition.ColumnDefinitions.Count + node.Definition.TableConstraints.Count > 1)
            Broke("ALTER TABLE ADD of more than one column");
        InDbo(node.SchemaObjectName);
    }

    public override void Visit(CreateTableStatement node) => InDbo(node.SchemaObjectName);

    public override void Visit(CreateIndexStatement node) => InDbo(node.OnName);

    public override void Visit(SchemaObjectName node)
    {
        if (node.SchemaIdentifier?.Value.Equals("sys", StringComparison.OrdinalIgnoreCase) == true)
            Broke("the system's tables");
    }

    public override void Visit(UpdateStatement node)
    {
        var update = node.UpdateSpecification;
        if (update.Target is NamedTableReference target
            && node.WithCtesAndXmlNamespaces?.CommonTableExpressions.Any(c => c.ExpressionName.Value == target.SchemaObject.BaseIdentifier.Value) == true)
            Broke("an UPDATE through a CTE");
        if (update.OutputClause is null)
            return;

        var columns = new Columns();
        foreach (var set in update.SetClauses.OfType<AssignmentSetClause>())
            set.NewValue.Accept(columns);
        update.OutputClause.Accept(columns);
        update.WhereClause?.Accept(columns);
        if (columns.Unqualified.Count > 0)
            Broke($"an UPDATE … OUTPUT whose columns are not qualified: {string.Join(", ", columns.Unqualified)}");
    }

    public override void Visit(OutputIntoClause node) => Broke("OUTPUT INTO");

    public override void Visit(FunctionCall node)
    {
        if (node.FunctionName.Value.StartsWith("JSON_", StringComparison.OrdinalIgnoreCase))
            Broke(node.FunctionName.Value);
    }

    public override void Visit(NamedTableReference node) => _tables.Add(node.SchemaObject.BaseIdentifier.Value);

    /// <summary>A filtered index is not used for a value that is known only when the statement runs.</summary>
    public override void Visit(BooleanComparisonExpression node)
    {
        if (_tables.Contains("delivery") && (IsFilter(node.FirstExpression, node.SecondExpression) || IsFilter(node.SecondExpression, node.FirstExpression)))
            Broke("a delivery's state or hold compared with a parameter");
    }

    private static bool IsFilter(ScalarExpression column, ScalarExpression value) =>
        value is VariableReference && column is ColumnReferenceExpression { MultiPartIdentifier.Identifiers: [.., { Value: "state" or "hold" }] };

    private void InDbo(SchemaObjectName name)
    {
        if (name.SchemaIdentifier?.Value != "dbo")
            Broke($"{name.BaseIdentifier.Value} is not said to be in dbo");
    }

    private void Broke(string rule) => _broken.Add(rule);

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
