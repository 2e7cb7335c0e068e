using Microsoft.Extensions.Options;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending.Closures;
using PluginGateway.Host.Storage;
using PluginGateway.PluginHosting;

namespace PluginGateway.Host.Sending;

/// <summary>
/// Runs a lane for every back end there is, renews this node's leases, and frees those of nodes that are gone. When the gateway stops it
/// stops claiming and lets the calls in flight end.
/// </summary>
internal sealed class Dispatcher(
    CouncilDirectory councils, PluginStatuses plugins, Lanes lanes, DeliveryStore store, Hosts hosts, ClosureTable closures, IDatabase database, DatabaseClock clock,
    IOptions<SendingOptions> options, TimeProvider time, ILogger<Dispatcher> log)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await lanes.StopAsync(options.Value.Drain, time);
        try
        {
            await hosts.LeaveAsync(CancellationToken.None);
        }
#pragma warning disable CA1031 // The database is away: the others will find this host silent.
        catch (Exception e)
        {
            log.DispatcherFailed(e);
        }
#pragma warning restore CA1031
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        CouncilSnapshot? started = null;
        var renewal = DateTimeOffset.MinValue;
        using var timer = new PeriodicTimer(Look < options.Value.LeaseRenewal ? Look : options.Value.LeaseRenewal, time);
        do
        {
            try
            {
                if (time.GetUtcNow() >= renewal)
                {
                    await clock.SetAsync(database, stoppingToken);
                    await hosts.BeatAsync(councils.Current, plugins, stoppingToken);
                    await store.RenewAsync(lanes.Running(), stoppingToken);
                    if (await store.RecoverAsync(stoppingToken) is > 0 and var freed)
                        log.Recovered(freed);
                    renewal = time.GetUtcNow() + options.Value.LeaseRenewal;
                }

                var current = councils.Current;
                if ((await closures.OpenAsync(stoppingToken)).Count > 0)
                    await closures.EndAsync(current, stoppingToken);
                await closures.OpenGatesAsync(stoppingToken);
                if (!ReferenceEquals(current, started))
                {
                    foreach (var backEnd in current.Councils.SelectMany(c => c.BackEnds.Values.Concat(c.Copies.BackEnds)))
                        await lanes.EnsureAsync(backEnd, stoppingToken);
                    started = current;
                }

                if (hosts.Found(null))
                    log.DatabaseIsBack();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (DatabaseTrouble.Is(e))
            {
                var trouble = DatabaseTrouble.Tell(e);
                if (hosts.Found(trouble))
                    log.DatabaseInTrouble(trouble);
            }
#pragma warning disable CA1031 // The dispatcher's loop: it goes on when the database comes back.
            catch (Exception e)
            {
                log.DispatcherFailed(e);
            }
#pragma warning restore CA1031
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
