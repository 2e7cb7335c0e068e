using Microsoft.Extensions.Options;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Reloading;

namespace PluginGateway.Core.Plugins;

/// <summary>Looks at the plug-ins folder again and again, and lets the councils and the database know what changed.</summary>
internal sealed class PluginWatching(
    PluginReloader reloader, PluginCatalog plugins, PluginVersionStore memory, CouncilDirectory councils, IOptions<PluginOptions> options, TimeProvider time,
    ILogger<PluginWatching> log)
    : PeriodicWork(time, log)
{
    /// <summary>How often it is written down that nothing has changed: others remove what a process left that they take for gone.</summary>
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly PluginFolderWatch _watch = new(options.Value.FullPath, options.Value.Watch, time);
    private readonly Dictionary<string, int> _serving = new(StringComparer.Ordinal);
    private DateTimeOffset _savedAt;
    private volatile bool _mustSave = true;

    protected override string Purpose => "Checking the plug-ins folder";

    protected override TimeSpan AfterFailure => options.Value.Every;

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
    /// Before anything else ends, and in a time of its own: calls that are still running may take all the time there is, and a probation that
    /// was not ended in order is held against the plug-in with the next start.
    /// </summary>
    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var within = new CancellationTokenSource(StopWithin, Time);
        try
        {
            await StopAsync(within.Token);
            await reloader.StopAsync(within.Token);
        }
#pragma warning disable CA1031 // Whatever is wrong with the database, the rest of the gateway must stop in order.
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

    /// <summary>Which adapters another generation serves than when this was last asked.</summary>
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
            await memory.SaveAsync([.. plugins.Statuses.All], ct);
        }
        catch
        {
            _mustSave = true;
            throw;
        }
    }
}
