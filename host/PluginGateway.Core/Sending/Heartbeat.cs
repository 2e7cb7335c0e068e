using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Records that this host is running, renews the leases of its deliveries, and recovers deliveries of hosts that are gone. It is a separate loop,
/// so that slow work elsewhere does not make this host appear to be gone. When the gateway stops, it runs until the last call has ended.
/// </summary>
internal sealed class Heartbeat(
    CouncilDirectory councils, PluginStatuses plugins, Lanes lanes, DeliveryStore store, ClusterMembership hosts, IOptions<LeaseOptions> options,
    TimeProvider time, ILogger<Heartbeat> log)
    : PeriodicWork(time, log)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>When the database became available. The other hosts need time to send a heartbeat again.</summary>
    private DateTimeOffset? _since;

    private bool _isHealthy = true;

    protected override string Purpose => "Sending the heartbeat";

    /// <summary>Runs once before anything is sent, because the limits of a lane depend on the number of hosts.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
#pragma warning disable CA1031 // A failure must not prevent the gateway from accepting reports; the loop retries.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.HeartbeatFailed(e);
        }
#pragma warning restore CA1031
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await hosts.LeaveAsync(CancellationToken.None);
        }
#pragma warning disable CA1031 // The database is unavailable: the other hosts will detect the missing heartbeat.
        catch (Exception e)
        {
            log.HeartbeatFailed(e);
        }
#pragma warning restore CA1031
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        _isHealthy = false;
        _isHealthy = await BeatAsync(stoppingToken);
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) =>
        Task.Delay(_isHealthy || options.Value.LeaseRenewal < RetryDelay ? options.Value.LeaseRenewal : RetryDelay, Time, stoppingToken);

    /// <returns>Whether all steps succeeded.</returns>
    private async Task<bool> BeatAsync(CancellationToken ct)
    {
        try
        {
            await hosts.HeartbeatAsync(
                councils.Current.Councils.SelectMany(c => c.BackEnds.Values).Select(b => $"{b.Key} {b.FileHash}"),
                plugins.All.Where(s => s.State is PluginState.Active or PluginState.Probation).Select(s => $"{s.AdapterName} {s.Sha256}"),
                ct);
            await store.RenewAsync(lanes.Running(), ct);
            var now = Time.GetUtcNow();
            _since ??= now;
            if (await store.RecoverAsync(others: now - _since >= 2 * options.Value.LeaseRenewal, ct) is > 0 and var recovered)
                log.Recovered(recovered);
            if (hosts.ReportDatabaseProblem(null))
                log.DatabaseIsBack();
            return true;
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            _since = null;
            var problem = DatabaseErrors.Describe(e);
            if (hosts.ReportDatabaseProblem(problem))
                log.DatabaseFailing(problem);
            return false;
        }
    }
}
