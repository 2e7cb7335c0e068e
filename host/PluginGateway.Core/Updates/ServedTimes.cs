using Microsoft.Extensions.Options;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Gives new updates the time with which they are served. For each council, this time never goes backwards, even if the clock of a host is wrong: a client
/// asks for one window after another, so an update must never get a time in a window that has already been served.
/// </summary>
internal sealed class ServedTimes(ClientPolls polls, IOptions<UpdatesOptions> options, IOptions<LeaseOptions> leases)
{
    private static readonly TimeSpan MaxClockError = TimeSpan.FromDays(1);

    /// <summary>Returns the time for updates that are added in this transaction.</summary>
    /// <param name="db">The session of the transaction.</param>
    /// <param name="council">The council.</param>
    /// <param name="now">The current time of this host.</param>
    public async Task<long> NextAsync(DbSession db, string council, long now)
    {
        var last = await db.ScalarAsync<long?>(
            $"SELECT served FROM council_update WHERE council = @council ORDER BY served DESC {db.Dialect.Page("0", "1")}", new { council }) ?? 0;
        // Windows that other hosts, or an earlier process, have served. They are saved with a delay.
        var until = await db.ScalarAsync<long?>("SELECT MAX(served_until) FROM client_poll WHERE council = @council", new { council }) ?? 0;
        var next = Math.Max(now + options.Value.ServeAfter.Ms(), Math.Max(last, polls.LatestEnd(council) + 1));
        // A window of another process that ends after the current time, or a heartbeat in the future, shows that this host's clock is behind.
        if (until - ClientPolls.Second > now && until > polls.LatestEnd(council))
            next = Math.Max(next, until + polls.SaveEvery.Ms() + 1);
        var heartbeat = await db.ScalarAsync<long?>("SELECT MAX(heartbeat) FROM node WHERE heartbeat < @limit", new { limit = now + MaxClockError.Ms() }) ?? 0;
        return Math.Max(next, heartbeat > now ? heartbeat + leases.Value.LeaseRenewal.Ms() + options.Value.ServeAfter.Ms() : 0);
    }
}
