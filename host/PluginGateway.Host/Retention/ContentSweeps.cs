using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Retention;

/// <summary>Something that belongs to a report, and goes when that is at its end; or by its own age when the gateway has no such report.</summary>
internal abstract class OwnedSweep(IDatabase database) : WindowSweep
{
    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(db => db.ListAsync<OwnedRow>(Select(db.Dialect), new { after, before, most = Window }), ct);
        var over = window.Where(r => r.Length > 0 && (r.ReportId <= 0 || r.Done > 0)).Select(r => r.Id).ToList();
        if (remove)
            foreach (var batch in over.Chunk(100))
                await database.WriteAsync(db => db.ExecuteAsync(Clear, new { none = Array.Empty<byte>(), batch }), ct);
        return (window.Count == 0 ? null : window[^1].Id, over.Count);
    }

    /// <summary>The next rows behind <c>@after</c> from before <c>@before</c>.</summary>
    protected abstract string Select(ISqlDialect dialect);

    /// <summary>Clears those with the ids of <c>@batch</c>; <c>@none</c> is no bytes.</summary>
    protected abstract string Clear { get; }

    private sealed class OwnedRow
    {
        public long Id { get; init; }

        /// <summary>0 or less for a case that the gateway has no report of.</summary>
        public long ReportId { get; init; }

        /// <summary>More than 0 when its report is at its end.</summary>
        public long Done { get; init; }

        /// <summary>0 when it was cleared before.</summary>
        public long Length { get; init; }
    }
}

/// <summary>What clients told after their report.</summary>
internal sealed class ClientUpdateSweep(IDatabase database) : OwnedSweep(database)
{
    public override string Name => "clients' updates";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.PersonalData);

    protected override string Select(ISqlDialect dialect) => $"""
        SELECT u.id AS Id, u.report_id AS ReportId, COALESCE(r.done, 0) AS Done, {dialect.Length("u.payload")} AS Length
        FROM client_update u LEFT JOIN report r ON r.id = u.report_id WHERE u.id > @after AND u.received < @before ORDER BY u.id {dialect.Page("0", "@most")}
        """;

    protected override string Clear => "UPDATE client_update SET payload = @none WHERE id IN @batch";
}

/// <summary>What an adapter still had to do for a report.</summary>
internal sealed class FollowUpSweep(IDatabase database) : OwnedSweep(database)
{
    public override string Name => "follow-ups";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.PersonalData);

    protected override string Select(ISqlDialect dialect) => $"""
        SELECT f.id AS Id, f.report_id AS ReportId, COALESCE(r.done, 0) AS Done, {dialect.Length("f.data")} AS Length
        FROM follow_up f LEFT JOIN report r ON r.id = f.report_id WHERE f.id > @after AND f.not_before < @before ORDER BY f.id {dialect.Page("0", "@most")}
        """;

    protected override string Clear => "UPDATE follow_up SET data = @none WHERE id IN @batch";
}

/// <summary>Files that came with reports and updates.</summary>
internal sealed class AttachmentSweep(IDatabase database) : OwnedSweep(database)
{
    public override string Name => "attachments";

    public override TimeSpan? Keeps(RetentionOptions options) => For(options.Attachments) is { } files && For(options.PersonalData) is { } people
        ? files < people ? files : people
        : For(options.Attachments) ?? For(options.PersonalData);

    protected override string Select(ISqlDialect dialect) => $"""
        SELECT a.id AS Id, a.report_id AS ReportId, CASE WHEN EXISTS
                (SELECT 1 FROM delivery d WHERE d.id BETWEEN a.report_id AND a.report_id + 255 AND d.state NOT IN (2, 7))
            OR EXISTS (SELECT 1 FROM delivery u WHERE u.report_id = a.report_id AND u.kind <> 1 AND u.state NOT IN (2, 7)) THEN 0 ELSE 1 END AS Done, 1 AS Length
        FROM attachment a WHERE a.id > @after AND a.received < @before ORDER BY a.id {dialect.Page("0", "@most")}
        """;

    protected override string Clear => "DELETE FROM attachment WHERE id IN @batch";
}
