using Microsoft.Extensions.Options;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Councils;

/// <summary>Reads the catalogues of the back ends again and again, each council for itself: one that hangs delays no other.</summary>
internal sealed class CatalogueRefresher(
    CouncilDirectory directory, ServiceCatalogues catalogues, AttachmentStore attachments, IHostApplicationLifetime lifetime,
    IOptions<CouncilOptions> options, TimeProvider time, ILogger<CatalogueRefresher> log)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Refresh> _refreshes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // A back end may be the gateway itself (${self}): nothing is read before it listens.
        await StartedAsync(stoppingToken);
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            var now = time.GetUtcNow();
            foreach (var council in directory.Current.Councils)
            {
                var last = _refreshes.GetValueOrDefault(council.JurisdictionId);
                if (last is null || (last.Running.IsCompleted && (now >= last.Due || !ReferenceEquals(last.Council, council))))
                    _refreshes[council.JurisdictionId] = new Refresh(council, now + options.Value.CatalogueEvery, RefreshAsync(council, stoppingToken));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task RefreshAsync(Council council, CancellationToken ct)
    {
        try
        {
            await catalogues.RefreshAsync(council, ct);
            await attachments.RemoveOrphansAsync(ct);
        }
        catch (Exception e) when (e is IOException or System.Data.Common.DbException)
        {
            log.WatchFailed(e);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The gateway stops.
        }
    }

    private async Task StartedAsync(CancellationToken ct)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(() => started.TrySetResult());
        await started.Task.WaitAsync(ct);
    }

    private sealed record Refresh(Council Council, DateTimeOffset Due, Task Running);
}
