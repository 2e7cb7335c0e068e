using Microsoft.Extensions.Options;
using PluginGateway.Host.Councils;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Reloading;

namespace PluginGateway.Host.Adapters;

/// <summary>Looks at the plug-ins folder again and again, and lets the councils and the database know what changed.</summary>
internal sealed class PluginWatching(
    PluginReloader reloader, PluginCatalog plugins, PluginMemory memory, CouncilDirectory councils, IOptions<PluginOptions> options, TimeProvider time, ILogger<PluginWatching> log)
    : PeriodicWork
{
    /// <summary>How often it is written down that nothing has changed: others remove what a process left that they take for gone.</summary>
    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, int> _serving = new(StringComparer.Ordinal);
    private DateTimeOffset _savedAt;
    private volatile bool _mustSave = true;

    /// <summary>
    /// Before anything else ends, and in a time of its own: calls that are still running may take all the time there is, and a probation that
    /// was not ended in order is held against the plug-in with the next start.
    /// </summary>
    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var within = new CancellationTokenSource(StopWithin, time);
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        plugins.Statuses.Changed += (_, _) => _mustSave = true;
        NoteServing();
        using var watch = new PluginFolderWatch(options.Value.FullPath, options.Value.Watch, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await watch.WaitAsync(reloader.Next, stoppingToken);
                await reloader.LookAsync(stoppingToken);
                councils.MustCheck(NoteServing());
                await SaveAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // The loop that keeps plug-ins up to date: one bad look must not be the last.
            catch (Exception e)
            {
                log.PluginLookFailed(e);
                await Task.Delay(options.Value.Every, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning restore CA1031
        }
    }

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
        var now = time.GetUtcNow();
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
