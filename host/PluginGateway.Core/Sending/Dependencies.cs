using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Manages the order of a report's deliveries: a newer revision waits for the outcome of the older one, an update for its report and for earlier
/// updates, a follow-up for the previous follow-up, and a copy, if so configured, for its report.
/// </summary>
internal static class Dependencies
{
    /// <summary>
    /// Cancels a delivery that created nothing when a newer revision waits for it, so that only the newer revision is sent. Updates that waited for
    /// the older delivery then wait for the newer one. A delivery with notes is not cancelled, because its adapter may have created part of a case.
    /// </summary>
    public static async Task YieldToNewerAsync(DbSession db, long deliveryId, long reportId, int revision)
    {
        var newer = await db.FirstAsync<NewerRow>(
            $"""
            SELECT id AS Id, lane_id AS LaneId, dest_key AS DestKey FROM delivery
            WHERE id BETWEEN @reportId AND @last AND revision > @revision AND state <> {States.Cancelled} ORDER BY revision
            """,
            new { reportId, last = ReportIds.LastRevisionId(reportId), revision });
        if (newer is null || await db.ExecuteAsync(
            $"""
            UPDATE delivery SET state = {States.Cancelled}, cause = 'Replaced by a newer revision of the report.'
            WHERE id = @deliveryId AND state IN ({States.Retrying}, {States.Held}, {States.Failed}) AND may_have_been_delivered = 0 AND notes IS NULL
            """,
            new { deliveryId }) == 0)
            return;

        await db.ExecuteAsync(
            $"""
            UPDATE delivery SET after_id = @Id, lane_id = @LaneId, dest_key = @DestKey
            WHERE after_id = @deliveryId AND kind = {Kinds.Update} AND state IN ({States.Pending}, {States.Retrying})
            """,
            new { newer.Id, newer.LaneId, newer.DestKey, deliveryId });
    }

    /// <summary>
    /// Releases waiting deliveries: a newer revision when the older one has been sent or cancelled, an update when its report has been sent and no
    /// earlier update is unfinished, a follow-up when the previous one is done, a copy when its report has been sent. An update of a cancelled report
    /// is released too, so that it is held with that reason.
    /// </summary>
    public static async Task ReleaseAsync(DbSession db, long reportId, long now)
    {
        if (reportId == 0)
            return;

        await db.ExecuteAsync(
            $"""
            UPDATE delivery SET hold = {Holds.None}, due = CASE WHEN due > @now THEN due ELSE @now END
            WHERE report_id = @reportId AND hold = {Holds.WaitsForEarlier}
                AND EXISTS (SELECT 1 FROM delivery a WHERE a.id = delivery.after_id
                AND (a.state = {States.Sent} OR (a.state = {States.Cancelled} AND delivery.kind IN ({Kinds.Report}, {Kinds.Update}))))
                AND (kind <> {Kinds.Update} OR NOT EXISTS
                    (SELECT 1 FROM delivery b WHERE b.report_id = @reportId AND b.kind <> {Kinds.Report} AND b.kind = {Kinds.Update}
                        AND b.id < delivery.id AND b.state IN ({States.Pending}, {States.Sending}, {States.Retrying}, {States.Unknown})))
            """,
            new { reportId, now });
    }

    private sealed class NewerRow
    {
        public long Id { get; init; }

        public long LaneId { get; init; }

        public string DestKey { get; init; } = "";
    }
}
