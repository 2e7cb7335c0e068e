using PluginGateway.Core.Attachments;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>
/// Deletes data that belongs to reports, after the personal data of the report has been deleted. Data of cases without a report is deleted by its own age.
/// </summary>
internal abstract class OwnedSweep(IDatabase database) : WindowSweep
{
    private const int MaxRows = 100;
    private const int MaxBytes = 4 << 20;

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(db => db.ListAsync<OwnedRow>(Select(db.Dialect), new { after, max = Window }), ct);
        var expired = window.FindAll(r => r.At < before && r.Length > 0 && r.Waits == 0 && (r.ReportId <= 0 || r.Done > 0));
        if (remove)
            foreach (var batch in Batches(expired))
                await database.WriteAsync(db => ClearAsync(db, batch), ct);
        // The rows are in chronological order: all rows after a window of recent ones are more recent.
        return (window.TrueForAll(r => r.At >= before) ? null : window[^1].Id, expired.Count);
    }

    /// <summary>Splits the rows into batches that are small enough not to delay other writes.</summary>
    private static IEnumerable<List<long>> Batches(List<OwnedRow> rows)
    {
        var (batch, bytes) = (new List<long>(), 0L);
        foreach (var row in rows)
        {
            if (batch.Count == MaxRows || (batch.Count > 0 && bytes + row.Length > MaxBytes))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(row.Id);
            bytes += row.Length;
        }

        if (batch.Count > 0)
            yield return batch;
    }

    /// <summary>Returns the statement that selects the next rows after <c>@after</c>.</summary>
    protected abstract string Select(ISqlDialect dialect);

    /// <summary>The statement that clears the rows with the ids in <c>@batch</c>; <c>@none</c> is an empty byte array.</summary>
    protected abstract string Clear { get; }

    /// <summary>Clears the rows with these ids.</summary>
    protected virtual Task<int> ClearAsync(DbSession db, List<long> batch) => db.ExecuteAsync(Clear, new { none = Array.Empty<byte>(), batch });

    private sealed class OwnedRow
    {
        public long Id { get; init; }

        /// <summary>The time from which the age counts.</summary>
        public long At { get; init; }

        /// <summary>1 if it still has to be sent; otherwise 0.</summary>
        public long Waits { get; init; }

        /// <summary>0 or less for a case without a report in the gateway.</summary>
        public long ReportId { get; init; }

        /// <summary>More than 0 if the personal data of its report has been deleted.</summary>
        public long Done { get; init; }

        /// <summary>The length of the data; 0 if it has already been cleared.</summary>
        public long Length { get; init; }
    }
}

/// <summary>Clears the content of client updates.</summary>
internal sealed class ClientUpdateSweep(IDatabase database) : OwnedSweep(database)
{
    public override string Name => "client updates";

    public override TimeSpan? RetentionPeriod(RetentionOptions options) => For(options.PersonalData);

    protected override string Select(ISqlDialect dialect) => $"""
        SELECT u.id AS Id, u.report_id AS ReportId, u.received AS At, COALESCE(r.done, 0) AS Done, {dialect.Length("u.payload")} AS Length,
            CASE WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.report_id = u.report_id AND d.kind = {Kinds.Update} AND d.kind <> {Kinds.Report}
                AND d.subject_id = u.id AND d.state NOT IN ({States.Sent}, {States.Cancelled})) THEN 1 ELSE 0 END AS Waits
        FROM client_update u LEFT JOIN report r ON r.id = u.report_id WHERE u.id > @after ORDER BY u.id {dialect.Page("0", "@max")}
        """;

    protected override string Clear => "UPDATE client_update SET payload = @none WHERE id IN @batch";

    protected override async Task<int> ClearAsync(DbSession db, List<long> batch)
    {
        await PersonTerms.RemoveAsync(db, PersonTerms.Updates, batch);
        return await base.ClearAsync(db, batch);
    }
}

/// <summary>Clears the data of follow-ups.</summary>
internal sealed class FollowUpSweep(IDatabase database) : OwnedSweep(database)
{
    public override string Name => "follow-ups";

    public override TimeSpan? RetentionPeriod(RetentionOptions options) => For(options.PersonalData);

    protected override string Select(ISqlDialect dialect) => $"""
        SELECT f.id AS Id, f.report_id AS ReportId, f.not_before AS At, COALESCE(r.done, 0) AS Done, {dialect.Length("f.data")} AS Length,
            CASE WHEN EXISTS (SELECT 1 FROM delivery d WHERE d.report_id = f.report_id AND d.kind = {Kinds.FollowUp} AND d.kind <> {Kinds.Report}
                AND d.subject_id = f.id AND d.state NOT IN ({States.Sent}, {States.Cancelled})) THEN 1 ELSE 0 END AS Waits
        FROM follow_up f LEFT JOIN report r ON r.id = f.report_id WHERE f.id > @after ORDER BY f.id {dialect.Page("0", "@max")}
        """;

    protected override string Clear => "UPDATE follow_up SET data = @none WHERE id IN @batch";
}

/// <summary>
/// Deletes attachments of reports and client updates. They have a separate retention period, so they do not wait for the report's personal data.
/// </summary>
internal sealed class AttachmentSweep(IDatabase database) : OwnedSweep(database)
{
    private const string Waits = $"""
        EXISTS (SELECT 1 FROM delivery d WHERE d.id BETWEEN a.report_id AND a.report_id + 255 AND d.state NOT IN ({States.Sent}, {States.Cancelled}))
            OR EXISTS (SELECT 1 FROM delivery u WHERE u.report_id = CASE WHEN a.report_id < 0 THEN 0 ELSE a.report_id END AND u.kind <> {Kinds.Report}
            AND u.state NOT IN ({States.Sent}, {States.Cancelled}))
        """;

    public override string Name => "attachments";

    public override TimeSpan? RetentionPeriod(RetentionOptions options) => For(options.Attachments) is { } files && For(options.PersonalData) is { } personal
        ? files < personal ? files : personal
        : For(options.Attachments) ?? For(options.PersonalData);

    protected override string Select(ISqlDialect dialect) => $"""
        SELECT a.id AS Id, a.report_id AS ReportId, a.received AS At, 1 AS Done, a.length AS Length, CASE WHEN {Waits} THEN 1 ELSE 0 END AS Waits
        FROM attachment a WHERE a.id > @after ORDER BY a.id {dialect.Page("0", "@max")}
        """;

    // An operator may have resent the report since its rows were read.
    protected override string Clear =>
        $"DELETE FROM attachment WHERE id IN @batch AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.id = attachment.id AND ({Waits}))";

    protected override async Task<int> ClearAsync(DbSession db, List<long> batch) =>
        await base.ClearAsync(db, batch) + await db.ExecuteAsync(AttachmentStore.DeleteChunks, new { ids = batch });
}
