using System.Collections.Immutable;

namespace PluginGateway.PluginHosting;

/// <summary>The list of everything in the plug-ins folder and in memory, as it is now; for the log, the commands and the admin site.</summary>
internal sealed class PluginStatuses
{
    private ImmutableSortedDictionary<string, PluginStatus> _all = ImmutableSortedDictionary.Create<string, PluginStatus>(StringComparer.Ordinal);

    /// <summary>Told of every change, from whichever thread made it; a removed line is told as null.</summary>
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
