using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Says that this host lives, renews the leases of what it sends, and frees those of hosts that are gone. By itself, so that nothing that
/// takes long elsewhere makes this host look dead; and until the last call has ended when the gateway stops.
/// </summary>
internal sealed class Heartbeat(
    CouncilDirectory councils, PluginStatuses plugins, Lanes lanes, DeliveryStore store, ClusterMembership hosts, IOptions<LeaseOptions> options,
    TimeProvider time, ILogger<Heartbeat> log)
    : PeriodicWork(time, log)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Since when the database is there; the others need as long to be heard again.</summary>
    private DateTimeOffset? _since;

    private bool _isHealthy = true;

    protected override string Purpose => "The heartbeat";

    /// <summary>Before anything is sent: how much a lane may do depends on how many hosts there are.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(cancellationToken);
        }
#pragma warning disable CA1031 // What is wrong does not keep the gateway from accepting reports; the loop tries again.
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
#pragma warning disable CA1031 // The database is away: the others will find this host silent.
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

    /// <returns>Whether all of it could be done.</returns>
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
            if (await store.RecoverAsync(others: now - _since >= 2 * options.Value.LeaseRenewal, ct) is > 0 and var freed)
                log.Recovered(freed);
            if (hosts.ReportDatabaseProblem(null))
                log.DatabaseIsBack();
            return true;
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            _since = null;
            var trouble = DatabaseErrors.Describe(e);
            if (hosts.ReportDatabaseProblem(trouble))
                log.DatabaseFailing(trouble);
            return false;
        }
    }
}
