using System.Globalization;
using Dapper;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>Reads the audit log, newest first, one page at a time.</summary>
internal sealed class AuditQueries(IDatabase database)
{
    public const int PageSize = 50;

    /// <summary>A margin for hosts whose clocks differ.</summary>
    private const long MaxClockSkew = 60L * 60 * 1_000;

    /// <summary>Returns the entries that match a filter.</summary>
    /// <param name="filter">The filter.</param>
    /// <param name="councils">The councils that the reader may see; empty for all councils and for entries that belong to none.</param>
    /// <param name="before">Only entries older than the one with this id; null for the newest.</param>
    /// <param name="ct">Cancels the read.</param>
    public Task<List<AuditRow>> ListAsync(AuditFilter filter, IReadOnlyList<string> councils, long? before, CancellationToken ct)
    {
        var parameters = new DynamicParameters(new
        {
            before = before ?? long.MaxValue,
            filter.Who,
            filter.Action,
            filter.Subject,
            filter.From,
            filter.To,
            max = PageSize + 1,
            since = filter.From - MaxClockSkew,
            until = filter.To + MaxClockSkew,
        });
        // One subquery per council, so that each uses the index and reads no more than one page.
        IReadOnlyList<string> names = filter.Council is { Length: > 0 } one ? [one] : councils;
        for (var i = 0; i < names.Count; i++)
            parameters.Add(Council(i), names[i]);
        return database.ReadAsync(
            db =>
            {
                var page = $"ORDER BY id DESC {db.Dialect.Page("0", "@max")}";
                var where = Where(filter, db.Dialect);
                var found = names.Count == 0
                    ? $"SELECT id FROM audit WHERE {where} {page}"
                    : string.Join(
                        " UNION ALL ",
                        Enumerable.Range(0, names.Count)
                            .Select(i => $"SELECT id FROM (SELECT id FROM audit WHERE council = @{Council(i)} AND {where} {page}) {Council(i)}"));
                return db.ListAsync<AuditRow>(
                    $"""
                    SELECT a.id AS Id, a.at AS At, a.who AS Who, a.action AS Action, a.council AS Council, a.subject AS Subject, a.before AS OldValue,
                        a.after AS NewValue, a.why AS Why
                    FROM (SELECT id FROM ({found}) f {page}) x CROSS JOIN audit a WHERE a.id = x.id ORDER BY a.id DESC
                    """,
                    parameters);
            },
            ct);
    }

    public Task<AuditRow?> FindAsync(long id, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<AuditRow>(
            """
            SELECT id AS Id, at AS At, who AS Who, action AS Action, council AS Council, subject AS Subject, before AS OldValue, after AS NewValue,
                why AS Why FROM audit WHERE id = @id
            """,
            new { id }), ct);

    private static string Council(int number) => string.Create(CultureInfo.InvariantCulture, $"council{number}");

    private static string Where(AuditFilter filter, ISqlDialect dialect)
    {
        var all = new List<string> { "id < @before" };
        if (filter.Who is { Length: > 0 })
            all.Add("who = @Who");
        if (filter.Action is { Length: > 0 })
            all.Add("action = @Action");
        if (filter.Subject is { Length: > 0 })
            all.Add("subject = @Subject");
        // Ids grow with time: the first entry of a period limits the range of ids to read.
        if (filter.From > 0)
            all.Add($"at >= @From AND id >= {FirstOf("@since")}");
        if (filter.To > 0)
            all.Add($"at < @To AND id < {FirstOf("@until")}");
        return string.Join(" AND ", all);

        string FirstOf(string time) => $"COALESCE((SELECT b.id FROM audit b WHERE b.at >= {time} ORDER BY b.at {dialect.Page("0", "1")}), 9223372036854775807)";
    }
}

/// <summary>A filter of audit entries; empty or 0 for all.</summary>
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
