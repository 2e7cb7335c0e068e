using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>
/// Deletes the personal data of finished reports: the content of all revisions and the plan. The rows remain, so that the ids can still be found. Goes
/// through the reports by their key, one window at a time.
/// </summary>
internal sealed class ReportSweep(IDatabase database) : WindowSweep
{
    public override string Name => "reports' personal data";

    public override TimeSpan? RetentionPeriod(RetentionOptions options) => For(options.PersonalData);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var (window, expired) = await database.ReadAsync(
            async db =>
            {
                var rows = await db.ListAsync<ReportRow>(
                    $"""
                    SELECT id AS Id, revision AS Revision, received AS Received, updated AS Updated, COALESCE(done, 0) AS Done FROM report
                    WHERE id > @after ORDER BY id {db.Dialect.Page("0", "@max")}
                    """,
                    new { after, max = Window });
                var old = rows.Where(r => r.Done == 0 && r.Updated < before).ToList();
                return (rows, old.Count == 0 ? [] : await EndedAsync(db, old));
            },
            ct);
        if (remove && expired.Count > 0)
            return (Next(window, before), await database.WriteAsync(db => ScrubAsync(db, expired, before), ct));
        return (Next(window, before), expired.Count);
    }

    /// <summary>Returns the next key. Reports are in chronological order: all reports after a window of recent ones are more recent.</summary>
    private static long? Next(List<ReportRow> window, long before) => window.TrueForAll(r => r.Received >= before) ? null : window[^1].Id;

    /// <summary>Returns the reports without a waiting delivery of any kind.</summary>
    private static async Task<List<ReportRow>> EndedAsync(DbSession db, List<ReportRow> rows)
    {
        var ids = rows.ConvertAll(r => r.Id);
        var open = (await db.ListAsync<long>(
            $"SELECT report_id FROM delivery WHERE id BETWEEN @first AND @last AND state NOT IN ({States.Sent}, {States.Cancelled})",
            new { first = ids[0], last = ReportIds.LastRevisionId(ids[^1]) }))
            .Concat(await db.ListAsync<long>(
                $"SELECT report_id FROM delivery WHERE report_id IN @ids AND kind <> {Kinds.Report} AND state NOT IN ({States.Sent}, {States.Cancelled})",
                new { ids }))
            .ToHashSet();
        return rows.FindAll(r => !open.Contains(r.Id));
    }

    private static async Task<int> ScrubAsync(DbSession db, List<ReportRow> rows, long before)
    {
        // A report that has changed since it was read is not finished.
        await db.LockAsync("UPDATE report SET revision = revision WHERE id IN @ids", new { ids = rows.ConvertAll(r => r.Id) });
        var still = (await db.ListAsync<long>(
            "SELECT id FROM report WHERE id IN @ids AND updated < @before AND done IS NULL", new { ids = rows.ConvertAll(r => r.Id), before })).ToHashSet();
        still.IntersectWith((await EndedAsync(db, rows)).Select(r => r.Id));
        if (still.Count == 0)
            return 0;

        // The terms are removed first, because they are derived from the content.
        await ReportTerms.RemoveAsync(db, [.. still]);
        await PersonTerms.RemoveAsync(db, PersonTerms.Reports, still);
        var cases = rows.Where(r => still.Contains(r.Id)).SelectMany(r => Enumerable.Range(1, r.Revision).Select(n => ReportIds.RevisionId(r.Id, n))).ToList();
        foreach (var batch in cases.Chunk(500))
            await db.ExecuteAsync("UPDATE report_revision SET payload = @none, notice = NULL WHERE id IN @batch", new { none = Array.Empty<byte>(), batch });
        return await db.ExecuteAsync("UPDATE report SET done = updated, facts = NULL WHERE id IN @still", new { still });
    }

    private sealed class ReportRow
    {
        public long Id { get; init; }

        public int Revision { get; init; }

        public long Received { get; init; }

        public long Updated { get; init; }

        public long Done { get; init; }
    }
}
