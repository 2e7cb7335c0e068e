using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>Claims in a lane over which something is closed: only what is not, and what the suspensions let through.</summary>
internal static class SuspendedClaims
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
        await db.LockAsync("UPDATE suspension SET used = used WHERE council = @Council AND ended = 0", new { backEnd.Council });
        var over = (await SuspensionStore.OfCouncilAsync(db, backEnd.Council)).Where(c => c.AppliesTo(backEnd)).ToList();
        var services = over.Where(c => c.Service.Length > 0).ToList();
        foreach (var suspension in services)
            await HoldAsync(db, laneId, suspension.Service, now);

        var whole = over.Where(c => c.Service.Length == 0).ToList();
        foreach (var suspension in whole)
            count = Math.Min(count, suspension.CallsAllowed(now, settingsProbe));
        if (count == 0)
            return [];

        var claimed = await claim(null, count);
        foreach (var service in services.GroupBy(c => c.Service, StringComparer.Ordinal))
            // Of a service that is paused for the council and for the back end, what both let through.
            if (Math.Min(count - claimed.Count, service.Min(c => c.CallsAllowed(now, settingsProbe))) is > 0 and var most)
            {
                var let = await claim(service.Key, most);
                foreach (var suspension in service)
                    await SuspensionStore.UseAsync(db, suspension, let.Count, now);
                claimed.AddRange(let);
            }

        foreach (var suspension in whole)
            await SuspensionStore.UseAsync(db, suspension, claimed.Count, now);
        return claimed;
    }

    /// <summary>Shuts the gate of what is due for a paused service.</summary>
    private static Task HoldAsync(DbSession db, long laneId, string service, long now) => db.InBatchesAsync(
        $"""
        UPDATE delivery SET hold = {Holds.Paused}
        WHERE hold = {Holds.None} AND id IN
            (SELECT d.id FROM delivery d WHERE d.lane_id = @laneId AND d.state < {States.Held} AND d.state <> {States.Sending}
                AND d.state <> {States.Sent} AND d.hold = {Holds.None} AND d.due <= @now
                AND EXISTS (SELECT 1 FROM report r WHERE r.id = d.report_id AND r.service_code = @service)
            ORDER BY d.lane_id, d.due {db.Dialect.Page("0", "@most")})
        """,
        most => new { laneId, service, now, most });
}
