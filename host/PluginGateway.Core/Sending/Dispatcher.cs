using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Runs a lane for every back end, ends suspensions that are over, and releases holds. When the gateway stops, it stops claiming at once, answers the clients
/// that wait for a delivery, and waits for the calls in flight.
/// </summary>
internal sealed class Dispatcher(
    CouncilDirectory councils, Lanes lanes, DeliveryWaiters waiters, SuspensionStore suspensions, IOptions<SendingOptions> options,
    IOptions<LeaseOptions> leases, TimeProvider time, ILogger<Dispatcher> log)
    : PeriodicWork(time, log)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);

    /// <summary>The councils whose lanes are running.</summary>
    private CouncilSnapshot? _started;
    private Task? _draining;

    protected override string Purpose => "Starting lanes and ending pauses";

    protected override TimeSpan Every => DefaultInterval < leases.Value.LeaseRenewal ? DefaultInterval : leases.Value.LeaseRenewal;

    protected override bool RunsImmediately => true;

    /// <summary>Runs before the web server stops, which waits for the requests in flight: they must not wait for deliveries.</summary>
    public override Task StoppingAsync(CancellationToken cancellationToken)
    {
        waiters.EndAll();
        _draining = lanes.StopAsync(options.Value.Drain);
        return Task.CompletedTask;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await (_draining ?? lanes.StopAsync(options.Value.Drain));
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        var current = councils.Current;
        suspensions.RecordVersions(current);
        if ((await suspensions.ActiveAsync(stoppingToken)).Count > 0)
            await suspensions.EndAsync(current, stoppingToken);
        await suspensions.ReleaseHoldsAsync(stoppingToken);
        if (ReferenceEquals(current, _started))
            return;

        foreach (var backEnd in current.Councils.SelectMany(c => c.BackEnds.Values.Concat(c.Copies.BackEnds)))
            await lanes.EnsureAsync(backEnd, stoppingToken);
        _started = current;
    }
}
