using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// Which of the processes that used this database are gone. Of one on this machine the system tells whether it runs; one elsewhere is gone
/// when it has not been heard of for two leases, and this process has seen that for a while: after a halt of everything (a full disk, a
/// machine that was asleep) the others need a moment to be heard again.
/// </summary>
internal sealed class ProcessLiveness(ProcessIdentity current, IDatabase database, IOptions<LeaseOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _silentSince = new(StringComparer.Ordinal);

    public string Current => current.Id;

    /// <summary>Those of <paramref name="nodes"/> that are gone for good.</summary>
    public async Task<IReadOnlySet<string>> FindGoneAsync(IEnumerable<string> nodes, CancellationToken ct)
    {
        var asked = nodes.ToList();
        var silent = await FindSilentAsync(asked, ct);
        foreach (var heard in asked.Where(n => !silent.Contains(n)))
            _silentSince.TryRemove(heard, out _);

        var now = time.GetUtcNow();
        return silent.Where(n => IsHere(n) || now - _silentSince.GetOrAdd(n, now) >= 2 * options.Value.LeaseRenewal).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Those that seem to be gone at the moment. One that was never heard of may be just starting.</summary>
    public async Task<IReadOnlySet<string>> FindSilentAsync(IEnumerable<string> nodes, CancellationToken ct)
    {
        var others = nodes.Where(n => n != current.Id).Distinct(StringComparer.Ordinal).ToLookup(IsHere);
        var silent = others[true].Where(current.IsKnownDead).ToHashSet(StringComparer.Ordinal);
        if (others[false].ToList() is { Count: > 0 } elsewhere)
            silent.UnionWith(await database.ReadAsync(
                db => db.ListAsync<string>(
                    "SELECT id FROM node WHERE id IN @elsewhere AND heartbeat < @before",
                    new { elsewhere, before = time.NowMs() - (2 * options.Value.Lease.Ms()) }), ct));
        return silent;
    }

    private bool IsHere(string node) => node.StartsWith(current.Machine + "/", StringComparison.Ordinal);
}
