using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Reloading;

namespace PluginGateway.Core.Plugins;

/// <summary>Scans the plug-ins folder periodically, requests a new check of the affected councils, and stores the plug-in statuses.</summary>
internal sealed class PluginWatching(
    PluginReloader reloader, PluginCatalog plugins, PluginVersionStore store, CouncilDirectory councils, IOptions<PluginOptions> options, TimeProvider time,
    ILogger<PluginWatching> log)
    : PeriodicWork(time, log)
{
    /// <summary>How often unchanged statuses are stored again, because other hosts delete those of a process that they consider gone.</summary>
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly PluginFolderWatch _watch = new(options.Value.FullPath, options.Value.Watch, time);
    private readonly Dictionary<string, int> _serving = new(StringComparer.Ordinal);
    private DateTimeOffset _savedAt;
    private volatile bool _mustSave = true;

    protected override string Purpose => "Checking the plug-ins folder";

    protected override TimeSpan FailureDelay => options.Value.Every;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        plugins.Statuses.Changed += (_, _) => _mustSave = true;
        NoteServing();
        return base.StartAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _watch.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Ends the probations before anything else stops, with a separate deadline: running calls may use up the whole shutdown time, and a probation
    /// that has not ended counts against the plug-in at the next start.
    /// </summary>
    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var within = new CancellationTokenSource(StopWithin, Time);
        try
        {
            await StopAsync(within.Token);
            await reloader.StopAsync(within.Token);
        }
#pragma warning disable CA1031 // An error of the database must not prevent the rest of the gateway from stopping cleanly.
        catch (Exception e)
        {
            log.ProbationsNotEnded(e);
        }
#pragma warning restore CA1031
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        await reloader.ScanAsync(stoppingToken);
        councils.MustCheck(NoteServing());
        await SaveAsync(stoppingToken);
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => _watch.WaitAsync(reloader.Next, stoppingToken);

    /// <summary>Returns the adapters whose serving generation has changed since the last call.</summary>
    private List<string> NoteServing()
    {
        var serving = plugins.Current.ToDictionary(g => g.AdapterName, g => g.Number, StringComparer.Ordinal);
        var changed = serving.Keys.Union(_serving.Keys).Where(a => serving.GetValueOrDefault(a) != _serving.GetValueOrDefault(a)).ToList();
        _serving.Clear();
        foreach (var (adapter, number) in serving)
            _serving[adapter] = number;
        return changed;
    }

    private async Task SaveAsync(CancellationToken ct)
    {
        var now = Time.GetUtcNow();
        if (!_mustSave && now - _savedAt < SaveEvery)
            return;

        (_mustSave, _savedAt) = (false, now);
        try
        {
            await store.SaveAsync([.. plugins.Statuses.All], ct);
        }
        catch
        {
            _mustSave = true;
            throw;
        }
    }
}
