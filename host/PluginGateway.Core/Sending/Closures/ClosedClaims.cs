using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending.Closures;

/// <summary>Claims in a lane over which something is closed: only what is not, and what the closures let through.</summary>
internal static class ClosedClaims
{
    /// <summary>Claims within the caller's transaction, so that what is let through is counted as it is taken.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="backEnd">Whose lane.</param>
    /// <param name="laneId">The lane.</param>
    /// <param name="count">The most to take.</param>
    /// <param name="now">The time.</param>
    /// <param name="settingsProbe">How often one is tried while the settings are wrong.</param>
    /// <param name="claim">Claims so many: those that no service's pause holds (null), or those of one paused service.</param>
    public static async Task<List<ClaimedDelivery>> ClaimAsync(
        DbSession db, BackEnd backEnd, long laneId, int count, long now, TimeSpan settingsProbe, Func<string?, int, Task<List<ClaimedDelivery>>> claim)
    {
        // What they let through is counted once for all hosts.
        await db.LockAsync("UPDATE closure SET used = used WHERE council = @Council AND ended = 0", new { backEnd.Council });
        var over = (await ClosureTable.OfCouncilAsync(db, backEnd.Council)).Where(c => c.Closes(backEnd)).ToList();
        var services = over.Where(c => c.Service.Length > 0).ToList();
        foreach (var closure in services)
            await HoldAsync(db, laneId, closure.Service, now);

        var whole = over.Where(c => c.Service.Length == 0).ToList();
        foreach (var closure in whole)
            count = Math.Min(count, closure.LetsThrough(now, settingsProbe));
        if (count == 0)
            return [];

        var claimed = await claim(null, count);
        foreach (var service in services.GroupBy(c => c.Service, StringComparer.Ordinal))
            // Of a service that is paused for the council and for the back end, what both let through.
            if (Math.Min(count - claimed.Count, service.Min(c => c.LetsThrough(now, settingsProbe))) is > 0 and var most)
            {
                var let = await claim(service.Key, most);
                foreach (var closure in service)
                    await ClosureTable.UseAsync(db, closure, let.Count, now);
                claimed.AddRange(let);
            }

        foreach (var closure in whole)
            await ClosureTable.UseAsync(db, closure, claimed.Count, now);
        return claimed;
    }

    /// <summary>Shuts the gate of what is due for a paused service.</summary>
    private static Task HoldAsync(DbSession db, long laneId, string service, long now) => db.InBatchesAsync(
        $"""
        UPDATE delivery SET gate = {Gates.Paused}
        WHERE gate = {Gates.Open} AND id IN
            (SELECT d.id FROM delivery d WHERE d.lane_id = @laneId AND d.state < {States.Held} AND d.state <> {States.Sending}
                AND d.state <> {States.Sent} AND d.gate = {Gates.Open} AND d.due <= @now
                AND EXISTS (SELECT 1 FROM report r WHERE r.id = d.report_id AND r.service_code = @service)
            ORDER BY d.lane_id, d.due {db.Dialect.Page("0", "@most")})
        """,
        most => new { laneId, service, now, most });
}
