using System.Collections.Concurrent;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// One loaded version of one plug-in, and the adapters it made. It is used through leases: one counter, whose lowest bit says that the
/// generation is retired and takes no new ones.
/// </summary>
internal sealed class PluginGeneration : IDisposable
{
    private const long Retired = 1;
    private const long OneLease = 2;

    private readonly ConcurrentDictionary<string, Made> _adapters = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _unloading = new();
    private readonly LoadedPlugin _loaded;
    private long _state;

    public PluginGeneration(int number, PluginManifest? manifest, string adapterName, LoadedPlugin loaded)
    {
        Number = number;
        AdapterName = adapterName;
        Version = manifest?.Version ?? "";
        _loaded = loaded;
    }

    public int Number { get; }

    public string AdapterName { get; }

    public string Version { get; }

    public AdapterDescriptor Descriptor => _loaded.Descriptor;

    /// <summary>Given to the adapters: fires before the plug-in is unloaded.</summary>
    public CancellationToken Unloading => _unloading.Token;

    /// <summary>Completes when the generation is retired and its last lease has ended.</summary>
    public Task Drained => _drained.Task;

    public bool TryEnter()
    {
        if ((Interlocked.Add(ref _state, OneLease) & Retired) == 0)
            return true;

        Exit();
        return false;
    }

    public void Exit()
    {
        if (Interlocked.Add(ref _state, -OneLease) == Retired)
            _drained.TrySetResult();
    }

    public void Retire()
    {
        if ((Interlocked.Or(ref _state, Retired) & ~Retired) == 0)
            _drained.TrySetResult();
    }

    /// <summary>
    /// The adapter of a back end, made at its first use and again when its settings changed. Call it under a lease. What
    /// <paramref name="context"/> or the plug-in throws goes to the caller and is not remembered.
    /// </summary>
    /// <param name="backEnd">Which back end.</param>
    /// <param name="settingsHash">Which version of its settings.</param>
    /// <param name="context">Gives the adapter's context.</param>
    public ICouncilAdapter Adapter(string backEnd, string settingsHash, Func<CancellationToken, AdapterContext> context)
    {
        var made = _adapters.AddOrUpdate(
            backEnd,
            static (_, arg) => arg,
            static (_, old, arg) => old.SettingsHash == arg.SettingsHash ? old : arg,
            new Made(settingsHash, new Lazy<ICouncilAdapter>(() => Create(context(Unloading)))));
        try
        {
            return made.Adapter.Value;
        }
        catch
        {
            _adapters.TryRemove(new KeyValuePair<string, Made>(backEnd, made));
            throw;
        }
    }

    /// <summary>Makes an adapter that is not kept: to check settings before they go live.</summary>
    public ICouncilAdapter Create(AdapterContext context) =>
        _loaded.Plugin.Create(context) ?? throw new InvalidOperationException($"{AdapterName}: Create() gave null.");

    public void Dispose()
    {
        _unloading.Cancel();
        _unloading.Dispose();
        _adapters.Clear();
        _loaded.Context?.Unload();
    }

    private sealed record Made(string SettingsHash, Lazy<ICouncilAdapter> Adapter);
}
