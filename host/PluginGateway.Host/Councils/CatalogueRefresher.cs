using Microsoft.Extensions.Options;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Councils;

/// <summary>Reads the catalogues of the back ends again and again, each council for itself: one that hangs delays no other.</summary>
internal sealed class CatalogueRefresher(
    CouncilDirectory directory, ServiceCatalogues catalogues, CatalogueStore store, AttachmentStore attachments,
    IOptions<CouncilOptions> options, TimeProvider time, ILogger<CatalogueRefresher> log)
    : PeriodicWork
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Refresh> _refreshes = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var version = 0L;
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            var now = time.GetUtcNow();
            version = await ReloadAsync(version, stoppingToken);
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

    /// <summary>A command or another host may have changed what is published.</summary>
    private async Task<long> ReloadAsync(long before, CancellationToken ct)
    {
        try
        {
            var version = await store.VersionAsync(ct);
            if (version != before)
                foreach (var council in directory.Current.Councils.Where(c => _refreshes.TryGetValue(c.JurisdictionId, out var r) && r.Running.IsCompleted))
                    await catalogues.ReloadAsync(council, ct);
            return version;
        }
        catch (System.Data.Common.DbException e)
        {
            log.WatchFailed(e);
            return before;
        }
    }

    private sealed record Refresh(Council Council, DateTimeOffset Due, Task Running);
}
