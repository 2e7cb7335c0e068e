using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>Claims deliveries in a lane with suspensions: those that no suspension covers, and those that the suspensions let through.</summary>
internal static class SuspendedClaims
{
    /// <summary>Locks the suspensions of a council, so that the numbers of deliveries let through are exact across all hosts.</summary>
    public static async Task LockAsync(DbSession db, BackEnd backEnd)
    {
        if (!db.Dialect.HasSeveralWriters)
            return;

        var ids = await db.ListAsync<long>("SELECT id FROM suspension WHERE council = @Council AND ended = 0 ORDER BY id", new { backEnd.Council });
        foreach (var batch in ids.Chunk(500))
            await db.LockAsync("UPDATE suspension SET used = used WHERE id IN @batch AND ended = 0", new { batch });
    }

    /// <summary>Claims within the caller's transaction, so that deliveries are counted as they are let through.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="backEnd">The back end of the lane.</param>
    /// <param name="laneId">The lane.</param>
    /// <param name="count">The maximum number to claim.</param>
    /// <param name="now">The current time.</param>
    /// <param name="settingsProbe">How often one delivery is attempted while the settings are invalid.</param>
    /// <param name="claim">Claims up to a number of deliveries: those that no pause of a service holds (null), or those of one paused service.</param>
    public static async Task<List<ClaimedDelivery>> ClaimAsync(
        DbSession db, BackEnd backEnd, long laneId, int count, long now, TimeSpan settingsProbe, Func<string?, int, Task<List<ClaimedDelivery>>> claim)
    {
        await LockAsync(db, backEnd);
        var active = (await SuspensionStore.OfCouncilAsync(db, backEnd.Council)).Where(c => c.AppliesTo(backEnd)).ToList();
        var services = active.Where(c => c.Service.Length > 0).ToList();
        foreach (var suspension in services)
            await HoldAsync(db, laneId, suspension.Service, now);

        var whole = active.Where(c => c.Service.Length == 0).ToList();
        if (whole.Exists(c => c.Kind == SuspensionKind.UnclearAnswers))
            await HoldUncertainAsync(db, laneId, now);
        foreach (var suspension in whole)
            count = Math.Min(count, suspension.CallsAllowed(now, settingsProbe));
        if (count == 0)
            return [];

        var claimed = await claim(null, count);
        foreach (var service in services.GroupBy(c => c.Service, StringComparer.Ordinal))
            // A service can be paused both for the council and for the back end: both pauses must let a delivery through.
            if (Math.Min(count - claimed.Count, service.Min(c => c.CallsAllowed(now, settingsProbe))) is > 0 and var max)
            {
                var allowed = await claim(service.Key, max);
                foreach (var suspension in service)
                    await SuspensionStore.UseAsync(db, suspension, allowed.Count, now);
                claimed.AddRange(allowed);
            }

        foreach (var suspension in whole)
            await SuspensionStore.UseAsync(db, suspension, claimed.Count, now);
        return claimed;
    }

    /// <summary>
    /// Holds reports whose outcome is unknown because a process ended during their calls. Nothing is sent for that, and this kind of suspension exists
    /// only where nobody but an operator can find out whether they arrived. A report with notes may be known to have been created.
    /// </summary>
    private static Task HoldUncertainAsync(DbSession db, long laneId, long now) => db.InBatchesAsync(
        $"""
        UPDATE delivery SET state = {States.Held}, cause = @cause
        WHERE id IN
            (SELECT d.id FROM delivery d WHERE d.lane_id = @laneId AND d.state = {States.Unknown} AND d.hold = {Holds.None} AND d.due <= @now
                AND d.kind = {Kinds.Report} AND d.may_have_been_delivered = 1 AND d.notes IS NULL ORDER BY d.due {db.Dialect.Page("0", "@max")})
        """,
        max => new { laneId, now, max, cause = ReportDeliverer.WhenUncertain });

    /// <summary>Sets the hold of due deliveries of a paused service.</summary>
    private static Task HoldAsync(DbSession db, long laneId, string service, long now) => db.InBatchesAsync(
        $"""
        UPDATE delivery SET hold = {Holds.Paused}
        WHERE hold = {Holds.None} AND id IN
            (SELECT d.id FROM delivery d WHERE d.lane_id = @laneId AND d.state < {States.Held} AND d.state <> {States.Sending}
                AND d.state <> {States.Sent} AND d.hold = {Holds.None} AND d.due <= @now
                AND EXISTS (SELECT 1 FROM report r WHERE r.id = d.report_id AND r.service_code = @service)
            ORDER BY d.lane_id, d.due {db.Dialect.Page("0", "@max")})
        """,
        max => new { laneId, service, now, max });
}
