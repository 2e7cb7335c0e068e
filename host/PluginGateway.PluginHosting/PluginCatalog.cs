using System.Collections.Concurrent;
using System.Collections.Immutable;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting;

/// <summary>
/// Every adapter the gateway has, built in or dropped in, by name; and everything in the plug-ins folder that is not one, with the reason.
/// </summary>
internal sealed class PluginCatalog(IPluginLoader loader, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, PluginSlot> _slots = new(StringComparer.Ordinal);
    private ImmutableList<PluginStatus> _statuses = [];
    private int _generations;

    /// <summary>What was found, in the order it was looked at.</summary>
    public IReadOnlyList<PluginStatus> Statuses => Volatile.Read(ref _statuses);

    /// <summary>Adds an adapter that is part of the host: same interfaces, no second path.</summary>
    public void AddBuiltIn(string adapterName, IAdapterPlugin plugin)
    {
        Publish(adapterName, null, new LoadedPlugin(plugin, plugin.Describe(), null));
        Note(new PluginStatus { Path = "", AdapterName = adapterName, State = PluginState.BuiltIn, Since = time.GetUtcNow() });
    }

    /// <summary>Loads everything in the plug-ins folder. One that cannot be loaded is noted with its reason and stops nothing.</summary>
    /// <param name="pluginsPath">The folder to look in; it may be absent.</param>
    /// <param name="stagingPath">Where copies are kept.</param>
    public void LoadAll(string pluginsPath, string stagingPath)
    {
        var stager = new PluginStager(stagingPath);
        foreach (var candidate in PluginFolderScan.Run(pluginsPath))
            Note(Load(candidate, stager));
    }

    /// <summary>A lease on the generation that serves an adapter name now, or null when there is none.</summary>
    public GenerationLease? TryLease(string adapterName) => _slots.TryGetValue(adapterName, out var slot) ? slot.TryLease() : null;

    /// <summary>What the adapter says of itself, or null when it is not there.</summary>
    public AdapterDescriptor? Describe(string adapterName) => _slots.TryGetValue(adapterName, out var slot) ? slot.Current?.Descriptor : null;

    /// <summary>Why an adapter is not there, for the log and for <c>check</c>.</summary>
    public string WhyMissing(string adapterName) =>
        Statuses.LastOrDefault(s => s.State == PluginState.Refused && s.AdapterName == adapterName)?.Reason is { } reason
            ? $"the plug-in of adapter \"{adapterName}\" was refused: {reason}"
            : $"there is no plug-in for adapter \"{adapterName}\"";

    public void Dispose()
    {
        foreach (var slot in _slots.Values)
            slot.Publish(null)?.Dispose();
    }

    private PluginStatus Load(PluginCandidate candidate, PluginStager stager)
    {
        var status = new PluginStatus { Path = candidate.Path, State = PluginState.Refused, Since = time.GetUtcNow() };
        try
        {
            if (!stager.Stage(candidate).TryGet(out var staged, out var reason))
                return status with { Reason = reason };

            status = status with { Sha256 = staged.Sha256 };
            if (!PluginInspector.Inspect(staged.Folder).TryGet(out var manifest, out reason))
            {
                PluginStager.Discard(staged);
                return status with { Reason = reason };
            }

            var kept = stager.Keep(staged, manifest.AdapterName);
            status = status with { AdapterName = manifest.AdapterName, Version = manifest.Version };
            if (Statuses.FirstOrDefault(s => s.State != PluginState.Refused && s.AdapterName == manifest.AdapterName) is { } owner)
                return status with
                {
                    Reason = owner.State == PluginState.BuiltIn
                    ? $"the adapter \"{manifest.AdapterName}\" is part of the gateway; a plug-in needs another name"
                    : $"{owner.Path} already has the adapter \"{manifest.AdapterName}\"; {candidate.Path} must go or be renamed"
                };

            if (!loader.Load(manifest, kept.Folder).TryGet(out var loaded, out reason))
                return status with { Reason = reason };

            return status with { State = PluginState.Active, Generation = Publish(manifest.AdapterName, manifest, loaded) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return status with { Reason = $"its files cannot be read: {e.Message}" };
        }
    }

    private int Publish(string adapterName, PluginManifest? manifest, LoadedPlugin loaded)
    {
        var number = Interlocked.Increment(ref _generations);
        _slots.GetOrAdd(adapterName, _ => new PluginSlot()).Publish(new PluginGeneration(number, manifest, adapterName, loaded));
        return number;
    }

    private void Note(PluginStatus status) => ImmutableInterlocked.Update(ref _statuses, static (list, s) => list.Add(s), status);
}
