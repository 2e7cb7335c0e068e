using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Retention;

/// <summary>What clients told after their report: emptied when the report is, or when it is of no report that the gateway has.</summary>
internal sealed class ClientUpdateSweep(IDatabase database) : WindowSweep
{
    public override string Name => "clients' updates";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.PersonalData);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(
            db => db.ListAsync<OwnedRow>(
                $"""
                SELECT u.id AS Id, u.report_id AS ReportId, u.received AS Since, COALESCE(r.done, 0) AS Done, {db.Dialect.Length("u.payload")} AS Length
                FROM client_update u LEFT JOIN report r ON r.id = u.report_id WHERE u.id > @after AND u.received < @before ORDER BY u.id {db.Dialect.Page("0", "@most")}
                """,
                new { after, before, most = Window }),
            ct);
        var over = OwnedRow.Over(window);
        if (remove && over.Count > 0)
            await database.WriteAsync(db => db.ExecuteAsync("UPDATE client_update SET payload = @none WHERE id IN @over", new { none = Array.Empty<byte>(), over }), ct);
        return (OwnedRow.Last(window), over.Count);
    }
}

/// <summary>What an adapter still had to do for a report, emptied when the report is.</summary>
internal sealed class FollowUpSweep(IDatabase database) : WindowSweep
{
    public override string Name => "follow-ups";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.PersonalData);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(
            db => db.ListAsync<OwnedRow>(
                $"""
                SELECT f.id AS Id, f.report_id AS ReportId, f.not_before AS Since, COALESCE(r.done, 0) AS Done, {db.Dialect.Length("f.data")} AS Length
                FROM follow_up f LEFT JOIN report r ON r.id = f.report_id WHERE f.id > @after AND f.not_before < @before ORDER BY f.id {db.Dialect.Page("0", "@most")}
                """,
                new { after, before, most = Window }),
            ct);
        var over = OwnedRow.Over(window);
        if (remove && over.Count > 0)
            await database.WriteAsync(db => db.ExecuteAsync("UPDATE follow_up SET data = @none WHERE id IN @over", new { none = Array.Empty<byte>(), over }), ct);
        return (OwnedRow.Last(window), over.Count);
    }
}

/// <summary>Files that came with reports and updates.</summary>
internal sealed class AttachmentSweep(IDatabase database) : WindowSweep
{
    public override string Name => "attachments";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.Attachments) is { } files && For(options.PersonalData) is { } people
        ? files < people ? files : people
        : For(options.Attachments) ?? For(options.PersonalData);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(
            db => db.ListAsync<OwnedRow>(
                $"""
                SELECT a.id AS Id, a.report_id AS ReportId, a.received AS Since, CASE WHEN EXISTS
                        (SELECT 1 FROM delivery d WHERE d.id BETWEEN a.report_id AND a.report_id + 255 AND d.state NOT IN (2, 7))
                    OR EXISTS (SELECT 1 FROM delivery u WHERE u.report_id = a.report_id AND u.kind <> 1 AND u.state NOT IN (2, 7)) THEN 0 ELSE 1 END AS Done, 1 AS Length
                FROM attachment a WHERE a.id > @after AND a.received < @before ORDER BY a.id {db.Dialect.Page("0", "@most")}
                """,
                new { after, before, most = Window }),
            ct);
        var over = OwnedRow.Over(window);
        if (remove)
            foreach (var batch in over.Chunk(100))
                await database.WriteAsync(db => db.ExecuteAsync("DELETE FROM attachment WHERE id IN @batch", new { batch }), ct);
        return (OwnedRow.Last(window), over.Count);
    }
}

/// <summary>Something that belongs to a report.</summary>
internal sealed class OwnedRow
{
    public long Id { get; init; }

    /// <summary>0 or less for a case that the gateway has no report of.</summary>
    public long ReportId { get; init; }

    public long Since { get; init; }

    /// <summary>Whether its report is at its end.</summary>
    public long Done { get; init; }

    /// <summary>0 when it was cleared before.</summary>
    public long Length { get; init; }

    public static List<long> Over(List<OwnedRow> window) => [.. window.Where(r => r.Length > 0 && (r.ReportId <= 0 || r.Done > 0)).Select(r => r.Id)];

    public static long? Last(List<OwnedRow> window) => window.Count == 0 ? null : window[^1].Id;
}
