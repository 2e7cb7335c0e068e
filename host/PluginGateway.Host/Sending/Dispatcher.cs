using Microsoft.Extensions.Options;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending.Closures;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>
/// Runs a lane for every back end there is, and opens what need not be closed any more. When the gateway stops it stops claiming and lets the
/// calls in flight end.
/// </summary>
internal sealed class Dispatcher(CouncilDirectory councils, Lanes lanes, ClosureTable closures, IOptions<SendingOptions> options, TimeProvider time, ILogger<Dispatcher> log)
    : PeriodicWork
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await lanes.StopAsync(options.Value.Drain, time);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        CouncilSnapshot? started = null;
        using var timer = new PeriodicTimer(Look < options.Value.LeaseRenewal ? Look : options.Value.LeaseRenewal, time);
        do
        {
            try
            {
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
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (DatabaseTrouble.Is(e))
            {
                // The heartbeat tells of it, once.
            }
#pragma warning disable CA1031 // The dispatcher's loop: it goes on when what was wrong is over.
            catch (Exception e)
            {
                log.DispatcherFailed(e);
            }
#pragma warning restore CA1031
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
