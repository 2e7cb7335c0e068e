namespace PluginGateway.Testing.SqlServer;

/// <summary>
/// Checks the order in which a transaction locks the rows of tables. Transactions that lock in the same order cannot block each other. A table that is
/// already locked may be changed again.
/// </summary>
internal sealed class LockOrder
{
    private static readonly string[] Order = ["suspension", "lane", "report", "delivery"];

    private readonly HashSet<string> _locked = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Records a lock.</summary>
    /// <returns>The violation of the order, if any.</returns>
    public string? Violation(string? table)
    {
        var position = Array.IndexOf(Order, table);
        if (position < 0 || !_locked.Add(Order[position]))
            return null;

        return Order.Skip(position + 1).FirstOrDefault(_locked.Contains) is { } later ? $"{table} is locked after {later}" : null;
    }
}
