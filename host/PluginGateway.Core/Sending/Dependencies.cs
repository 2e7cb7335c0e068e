using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>What waits for what: newer content for the outcome of the older, an update for its report, a follow-up for the one before.</summary>
internal static class Dependencies
{
    /// <summary>
    /// Nothing came of a delivery, and newer content waits for it: only the newer is sent, and the updates that waited for the older wait for
    /// the newer. One whose notes say that something was begun does not give way.
    /// </summary>
    public static async Task YieldToNewerAsync(DbSession db, long deliveryId, long reportId, int revision)
    {
        var newer = await db.FirstAsync<NewerRow>(
            $"""
            SELECT id AS Id, lane_id AS LaneId, dest_key AS DestKey FROM delivery
            WHERE id BETWEEN @reportId AND @last AND revision > @revision AND state <> {States.Cancelled} ORDER BY revision
            """,
            new { reportId, last = ReportIds.LastCase(reportId), revision });
        if (newer is null || await db.ExecuteAsync(
            $"""
            UPDATE delivery SET state = {States.Cancelled}, cause = 'Newer content took its place.'
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
    /// Lets go what waited: newer content once the older is settled, an update once its report is there and no earlier update still moves, a
    /// follow-up once the one before is done. An update of a report that was cancelled is let go too, to be held with that reason.
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
