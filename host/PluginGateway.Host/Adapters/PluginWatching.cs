using Microsoft.Extensions.Options;
using PluginGateway.Host.Councils;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Reloading;

namespace PluginGateway.Host.Adapters;

/// <summary>Looks at the plug-ins folder again and again, and lets the councils and the database know what changed.</summary>
internal sealed class PluginWatching(
    PluginReloader reloader, PluginCatalog plugins, PluginMemory memory, CouncilDirectory councils, IOptions<PluginOptions> options, TimeProvider time, ILogger<PluginWatching> log)
    : BackgroundService
{
    private readonly Dictionary<string, int> _serving = new(StringComparer.Ordinal);
    private volatile bool _mustSave = true;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await reloader.StopAsync(cancellationToken);
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
        if (!_mustSave)
            return;

        _mustSave = false;
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
