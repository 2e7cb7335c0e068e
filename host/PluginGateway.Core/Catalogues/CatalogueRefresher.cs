using Microsoft.Extensions.Options;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Background;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>
/// Reads the catalogues of the back ends periodically. Each council has a separate task, so that a back end that hangs does not delay other councils.
/// </summary>
internal sealed class CatalogueRefresher(
    CouncilDirectory directory, ServiceCatalogues catalogues, CatalogueStore store, AttachmentStore attachments,
    IOptions<CouncilOptions> options, TimeProvider time, ILogger<CatalogueRefresher> log)
    : PeriodicWork(time, log)
{
    /// <summary>
    /// The delay before a retry when a refresh failed in the gateway, or a list or the questions of a service could not be read. It doubles each time, up to
    /// the regular interval.
    /// </summary>
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Refresh> _refreshes = new(StringComparer.Ordinal);
    private long _version;

    protected override string Purpose => "Refreshing the service catalogues";

    protected override TimeSpan Every => TimeSpan.FromSeconds(1);

    protected override bool RunsImmediately => true;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        var now = Time.GetUtcNow();
        foreach (var council in directory.Current.Councils)
        {
            var last = _refreshes.GetValueOrDefault(council.JurisdictionId);
            if (last?.IsDue(council, now) == false)
                continue;

            var refresh = _refreshes[council.JurisdictionId] =
                new Refresh(council, now + options.Value.CatalogueEvery) { Retries = ReferenceEquals(last?.Council, council) ? last.Retries : 0 };
            refresh.Running = RefreshAsync(refresh, stoppingToken);
        }

        await ReloadAsync(stoppingToken);
    }

    private async Task RefreshAsync(Refresh refresh, CancellationToken ct)
    {
        try
        {
            if (await catalogues.RefreshAsync(refresh.Council, ct))
                refresh.Retries = 0;
            else
                RetrySoon(refresh);
            await attachments.RemoveOrphansAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The gateway is stopping.
        }
#pragma warning disable CA1031 // An error of one council must not prevent the others from being refreshed.
        catch (Exception e)
        {
            log.CatalogueNotRefreshed(refresh.Council.JurisdictionId, e);
            RetrySoon(refresh);
        }
#pragma warning restore CA1031
    }

    private void RetrySoon(Refresh refresh)
    {
        var delay = RetryDelay * Math.Pow(2, refresh.Retries);
        if (delay < options.Value.CatalogueEvery)
        {
            refresh.Due = Time.GetUtcNow() + delay;
            refresh.Retries++;
        }
    }

    /// <summary>Reloads the published services when a command or another host has changed them.</summary>
    private async Task ReloadAsync(CancellationToken ct)
    {
        var version = await store.VersionAsync(ct);
        if (version == _version)
            return;

        foreach (var council in directory.Current.Councils.Where(c => _refreshes.TryGetValue(c.JurisdictionId, out var r) && r.Running.IsCompleted))
            await catalogues.ReloadAsync(council, ct);
        _version = version;
    }

    private sealed class Refresh(Council council, DateTimeOffset due)
    {
        public Council Council => council;

        public DateTimeOffset Due { get; set; } = due;

        /// <summary>The number of early refreshes since the last one that was complete.</summary>
        public int Retries { get; set; }

        public Task Running { get; set; } = Task.CompletedTask;

        public bool IsDue(Council current, DateTimeOffset now) => Running.IsCompleted && (now >= Due || !ReferenceEquals(council, current));
    }
}
