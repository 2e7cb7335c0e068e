using System.Collections.Immutable;

namespace PluginGateway.PluginHosting;

/// <summary>Lists the current status of every plug-in in the folder and in memory, for the log, the commands and the operators' site.</summary>
internal sealed class PluginStatuses
{
    private ImmutableSortedDictionary<string, PluginStatus> _all = ImmutableSortedDictionary.Create<string, PluginStatus>(StringComparer.Ordinal);

    /// <summary>Called for every change, on the thread that made it; the status is null if the entry has been removed.</summary>
    public Action<string, PluginStatus?>? Changed { get; set; }

    public IEnumerable<PluginStatus> All => Volatile.Read(ref _all).Values;

    public PluginStatus? Find(string key) => Volatile.Read(ref _all).GetValueOrDefault(key);

    public void Set(PluginStatus status)
    {
        if (Find(status.Key) is { } known && known.State == status.State && known.Reason == status.Reason && known.Sha256 == status.Sha256
            && known.Path == status.Path)
            return;

        ImmutableInterlocked.Update(ref _all, static (all, s) => all.SetItem(s.Key, s), status);
        Changed?.Invoke(status.Key, status);
    }

    public void Remove(string key)
    {
        if (Find(key) is null)
            return;

        ImmutableInterlocked.Update(ref _all, static (all, k) => all.Remove(k), key);
        Changed?.Invoke(key, null);
    }
}
