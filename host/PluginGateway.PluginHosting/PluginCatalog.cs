using System.Collections.Concurrent;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.PluginHosting;

/// <summary>Holds the adapters of the gateway by name, built-in ones and plug-ins, and swaps their generations.</summary>
internal sealed class PluginCatalog(PluginStatuses statuses, Retirement retirement, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, PluginSlot> _slots = new(StringComparer.Ordinal);
    private int _generations;

    /// <summary>Called after a generation has been rolled back because of its own faults, with its last status and the reason.</summary>
    public Action<PluginStatus, string>? RolledBack { get; set; }

    public PluginStatuses Statuses => statuses;

    /// <summary>The generations that serve now, one per adapter name.</summary>
    public IEnumerable<PluginGeneration> Current => _slots.Values.Select(s => s.Current).OfType<PluginGeneration>();

    /// <summary>The generations that are loaded and can serve: the current ones and those on standby.</summary>
    public IEnumerable<PluginGeneration> Loaded => Current.Concat(_slots.Values.Select(s => s.Standby).OfType<PluginGeneration>());

    /// <summary>Adds an adapter that is part of the host. It uses the same interfaces and the same code path as a plug-in.</summary>
    public void AddBuiltIn(string adapterName, IAdapterPlugin plugin) =>
        Publish(new PluginGeneration(NextNumber(), adapterName, new LoadedPlugin(plugin, plugin.Describe(), null)), probation: false);

    /// <summary>Returns a lease on the generation that serves an adapter name now. The lease is empty if there is none.</summary>
    public GenerationLease Lease(string adapterName) => _slots.TryGetValue(adapterName, out var slot) ? slot.Lease() : default;

    /// <summary>Returns the descriptor of an adapter, or null if no generation serves it.</summary>
    public AdapterDescriptor? Describe(string adapterName) => _slots.TryGetValue(adapterName, out var slot) ? slot.Current?.Descriptor : null;

    /// <summary>Returns why no generation serves an adapter, for the log and for <c>check</c>.</summary>
    public string ReasonMissing(string adapterName) =>
        statuses.All.LastOrDefault(s => s.State is PluginState.Refused or PluginState.Quarantined && s.AdapterName == adapterName)?.Reason is { } reason
            ? $"the plug-in for adapter \"{adapterName}\" was refused: {reason}"
            : $"there is no plug-in for adapter \"{adapterName}\"; add one to the plug-ins folder or correct the name";

    public int NextNumber() => Interlocked.Increment(ref _generations);

    /// <summary>Returns the generation that serves an adapter name now, or null.</summary>
    public PluginGeneration? Find(string adapterName) => _slots.GetValueOrDefault(adapterName)?.Current;

    /// <summary>Returns the generation on standby while the current one is on probation, or null.</summary>
    public PluginGeneration? FindStandby(string adapterName) => _slots.GetValueOrDefault(adapterName)?.Standby;

    /// <summary>Makes a generation the one that serves.</summary>
    /// <param name="next">The generation.</param>
    /// <param name="probation">Whether the previous generation stays on standby; otherwise it is retired.</param>
    public void Publish(PluginGeneration next, bool probation)
    {
        var slot = _slots.GetOrAdd(next.AdapterName, static _ => new PluginSlot());
        next.Since = time.GetUtcNow();
        Retire(slot.Publish(next));
        if (!probation)
            Retire(slot.EndProbation());

        var state = next.Path.Length == 0 ? PluginState.BuiltIn : slot.Standby is null ? PluginState.Active : PluginState.Probation;
        statuses.Set(PluginStatus.Of(next) with { State = state });
        if (slot.Standby is { } standby)
            statuses.Set(PluginStatus.Of(standby) with { State = PluginState.Standby, Since = next.Since });
    }

    /// <summary>Ends the probation of the current generation and retires the one on standby.</summary>
    public void EndProbation(string adapterName)
    {
        if (_slots.GetValueOrDefault(adapterName) is not { Standby: not null } slot)
            return;

        Retire(slot.EndProbation());
        if (slot.Current is { } current)
            statuses.Set(PluginStatus.Of(current));
    }

    /// <summary>Removes an adapter and retires its generations.</summary>
    public void Remove(string adapterName)
    {
        foreach (var generation in _slots.GetValueOrDefault(adapterName)?.Clear() ?? [])
            Retire(generation);
    }

    /// <summary>Retires a generation that never served.</summary>
    public void Discard(PluginGeneration generation) => Retire(generation);

    /// <summary>Records a new path in the plug-ins folder for a generation that serves.</summary>
    public void SetPath(PluginGeneration generation, string path)
    {
        generation.Path = path;
        statuses.Set(PluginStatus.Of(generation) with { State = FindStandby(generation.AdapterName) is null ? PluginState.Active : PluginState.Probation });
    }

    /// <summary>Replaces a generation by the one on standby.</summary>
    /// <param name="number">The number of the generation to replace, if it still serves.</param>
    /// <param name="adapterName">Its adapter.</param>
    /// <returns>Whether the generation was replaced.</returns>
    public bool RollBack(int number, string adapterName) => Find(adapterName) is { } current && current.Number == number && RollBack(current);

    /// <summary>
    /// Records the result of a call. A generation on probation with too many faults of its own is rolled back immediately, so that
    /// deliveries do not have to wait for the next scan.
    /// </summary>
    /// <param name="generation">The generation that was called.</param>
    /// <param name="fault">Whether the plug-in itself failed, rather than the back end.</param>
    public void NoteCall(PluginGeneration generation, bool fault)
    {
        generation.Faults.Note(fault);
        if (!fault || FindStandby(generation.AdapterName) is not { } standby || !generation.Faults.IsWorseThan(standby.Faults))
            return;

        if (RollBack(generation))
            RolledBack?.Invoke(
                PluginStatus.Of(generation),
                $"{generation.Faults.Recent} of its latest calls failed because of errors in the plug-in itself; fix it and install a new version");
    }

    public void Dispose()
    {
        foreach (var generation in _slots.Values.SelectMany(s => s.Clear()))
            generation.Dispose();
    }

    private bool RollBack(PluginGeneration faulty)
    {
        if (_slots.GetValueOrDefault(faulty.AdapterName) is not { } slot || slot.RollBack(faulty) is null)
            return false;

        Retire(faulty);
        if (slot.Current is { } current)
            statuses.Set(PluginStatus.Of(current));
        return true;
    }

    private void Retire(PluginGeneration? generation)
    {
        if (generation is not null)
            retirement.Begin(generation);
    }
}
