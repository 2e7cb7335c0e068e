using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Admin.Reading;

/// <summary>The audit, the newest first, a page at a time.</summary>
internal sealed class AuditReading(IDatabase database)
{
    public const int PageSize = 50;

    /// <summary>Entries that fit.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="councils">The councils that the reader may see; empty for all and for what belongs to none.</param>
    /// <param name="before">Continues behind the entry with this number.</param>
    /// <param name="ct">Cancels.</param>
    public Task<List<AuditRow>> ListAsync(AuditFilter filter, IReadOnlyList<string> councils, long? before, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<AuditRow>(
            $"""
            SELECT id AS Id, at AS At, who AS Who, action AS Action, council AS Council, object AS Subject, before AS OldValue, after AS NewValue, why AS Why
            FROM audit {Where(filter, councils)} ORDER BY id DESC {db.Dialect.Page("0", "@most")}
            """,
            new { before = before ?? long.MaxValue, filter.Council, councils, filter.Who, filter.Action, filter.Subject, filter.From, filter.To, most = PageSize + 1 }),
        ct);

    public Task<AuditRow?> FindAsync(long id, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<AuditRow>("SELECT id AS Id, at AS At, who AS Who, action AS Action, council AS Council, object AS Subject, before AS OldValue, after AS NewValue, why AS Why FROM audit WHERE id = @id", new { id }), ct);

    private static string Where(AuditFilter filter, IReadOnlyList<string> councils)
    {
        var all = new List<string> { "id < @before" };
        if (filter.Council is { Length: > 0 })
            all.Add("council = @Council");
        else if (councils.Count > 0)
            all.Add("council IN @councils");
        if (filter.Who is { Length: > 0 })
            all.Add("who = @Who");
        if (filter.Action is { Length: > 0 })
            all.Add("action = @Action");
        if (filter.Subject is { Length: > 0 })
            all.Add("object = @Subject");
        if (filter.From > 0)
            all.Add("at >= @From");
        if (filter.To > 0)
            all.Add("at < @To");
        return $"WHERE {string.Join(" AND ", all)}";
    }
}

/// <summary>Which entries; empty or 0 for all.</summary>
internal sealed record AuditFilter(string? Council, string? Who, string? Action, string? Subject, long From, long To);

internal sealed class AuditRow
{
    public long Id { get; init; }

    public long At { get; init; }

    public string Who { get; init; } = "";

    public string Action { get; init; } = "";

    public string Council { get; init; } = "";

    public string Subject { get; init; } = "";

    public string OldValue { get; init; } = "";

    public string NewValue { get; init; } = "";

    public string Why { get; init; } = "";
}
