using System.Collections.Concurrent;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.PluginHosting;

/// <summary>Every adapter the gateway has, built in or dropped in, by name; and the swaps between their generations.</summary>
internal sealed class PluginCatalog(PluginStatuses statuses, Retirement retirement, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, PluginSlot> _slots = new(StringComparer.Ordinal);
    private int _generations;

    /// <summary>Told when a generation was swapped back because of its own faults: its status as it was, and the reason.</summary>
    public Action<PluginStatus, string>? RolledBack { get; set; }

    public PluginStatuses Statuses => statuses;

    /// <summary>What serves now, by adapter name.</summary>
    public IEnumerable<PluginGeneration> Current => _slots.Values.Select(s => s.Current).OfType<PluginGeneration>();

    /// <summary>Generations that are loaded and may serve: the current ones and those that stand by.</summary>
    public IEnumerable<PluginGeneration> Loaded => Current.Concat(_slots.Values.Select(s => s.Standby).OfType<PluginGeneration>());

    /// <summary>Adds an adapter that is part of the host: same interfaces, no second path.</summary>
    public void AddBuiltIn(string adapterName, IAdapterPlugin plugin) =>
        Publish(new PluginGeneration(NextNumber(), adapterName, new LoadedPlugin(plugin, plugin.Describe(), null)), probation: false);

    /// <summary>A lease on the generation that serves an adapter name now; not held when there is none.</summary>
    public GenerationLease Lease(string adapterName) => _slots.TryGetValue(adapterName, out var slot) ? slot.Lease() : default;

    /// <summary>What the adapter says of itself, or null when it is not there.</summary>
    public AdapterDescriptor? Describe(string adapterName) => _slots.TryGetValue(adapterName, out var slot) ? slot.Current?.Descriptor : null;

    /// <summary>Why an adapter is not there, for the log and for <c>check</c>.</summary>
    public string ReasonMissing(string adapterName) =>
        statuses.All.LastOrDefault(s => s.State is PluginState.Refused or PluginState.Quarantined && s.AdapterName == adapterName)?.Reason is { } reason
            ? $"the plug-in of adapter \"{adapterName}\" was refused: {reason}"
            : $"there is no plug-in for adapter \"{adapterName}\"";

    public int NextNumber() => Interlocked.Increment(ref _generations);

    /// <summary>What serves an adapter name now.</summary>
    public PluginGeneration? Find(string adapterName) => _slots.GetValueOrDefault(adapterName)?.Current;

    /// <summary>The generation that stands by for one that is on probation.</summary>
    public PluginGeneration? FindStandby(string adapterName) => _slots.GetValueOrDefault(adapterName)?.Standby;

    /// <summary>Swaps a generation in.</summary>
    /// <param name="next">The generation.</param>
    /// <param name="probation">Whether the one before stands by; otherwise it is retired.</param>
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

    /// <summary>The generation that serves has proven itself; the one before is retired.</summary>
    public void EndProbation(string adapterName)
    {
        if (_slots.GetValueOrDefault(adapterName) is not { Standby: not null } slot)
            return;

        Retire(slot.EndProbation());
        if (slot.Current is { } current)
            statuses.Set(PluginStatus.Of(current));
    }

    /// <summary>Takes an adapter away.</summary>
    public void Remove(string adapterName)
    {
        foreach (var generation in _slots.GetValueOrDefault(adapterName)?.Clear() ?? [])
            Retire(generation);
    }

    /// <summary>Ends a generation that never served.</summary>
    public void Discard(PluginGeneration generation) => Retire(generation);

    /// <summary>The files of what serves lie somewhere else now.</summary>
    public void Moved(PluginGeneration generation, string path)
    {
        generation.Path = path;
        statuses.Set(PluginStatus.Of(generation) with { State = FindStandby(generation.AdapterName) is null ? PluginState.Active : PluginState.Probation });
    }

    /// <summary>Goes back to the generation that stands by.</summary>
    /// <param name="number">The generation that is to go, if it still serves.</param>
    /// <param name="adapterName">Its adapter.</param>
    /// <returns>Whether there was one.</returns>
    public bool RollBack(int number, string adapterName) => Find(adapterName) is { } current && current.Number == number && RollBack(current);

    /// <summary>
    /// Tells how a call went. A generation whose own faults rise right after it was swapped in is swapped back here and now: the reports
    /// that are waiting need not wait for the next look.
    /// </summary>
    /// <param name="generation">Which was called.</param>
    /// <param name="fault">Whether the plug-in itself failed, and not the back end.</param>
    public void NoteCall(PluginGeneration generation, bool fault)
    {
        generation.Faults.Note(fault);
        if (!fault || FindStandby(generation.AdapterName) is not { } standby || !generation.Faults.IsWorseThan(standby.Faults))
            return;

        if (RollBack(generation))
            RolledBack?.Invoke(PluginStatus.Of(generation), $"{generation.Faults.Recent} of its latest calls failed by its own fault right after it went live");
    }

    public void Dispose()
    {
        foreach (var generation in _slots.Values.SelectMany(s => s.Clear()))
            generation.Dispose();
    }

    private bool RollBack(PluginGeneration bad)
    {
        if (_slots.GetValueOrDefault(bad.AdapterName) is not { } slot || slot.RollBack(bad) is null)
            return false;

        Retire(bad);
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
