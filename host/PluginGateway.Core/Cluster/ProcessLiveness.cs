using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// Determines which of the processes that used this database are gone. A process on this machine is checked with the operating system. A
/// process on another machine is gone when its heartbeat is older than two leases and this process has observed that for a while: after an
/// outage that stopped all hosts (a full disk, a suspended machine), the others need time to publish a new heartbeat.
/// </summary>
internal sealed class ProcessLiveness(ProcessIdentity current, IDatabase database, IOptions<LeaseOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _silentSince = new(StringComparer.Ordinal);

    public string Current => current.Id;

    /// <summary>Returns those of <paramref name="nodes"/> that are permanently gone.</summary>
    public async Task<IReadOnlySet<string>> FindGoneAsync(IEnumerable<string> nodes, CancellationToken ct)
    {
        var asked = nodes.ToList();
        var silent = await FindSilentAsync(asked, ct);
        foreach (var alive in asked.Where(n => !silent.Contains(n)))
            _silentSince.TryRemove(alive, out _);

        var now = time.GetUtcNow();
        return silent.Where(n => IsHere(n) || now - _silentSince.GetOrAdd(n, now) >= 2 * options.Value.LeaseRenewal).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>
    /// Returns those of <paramref name="nodes"/> that currently seem to be gone. A process without any heartbeat is not included, because
    /// it may be starting.
    /// </summary>
    public async Task<IReadOnlySet<string>> FindSilentAsync(IEnumerable<string> nodes, CancellationToken ct)
    {
        var others = nodes.Where(n => n != current.Id).Distinct(StringComparer.Ordinal).ToLookup(IsHere);
        var silent = others[true].Where(current.IsKnownGone).ToHashSet(StringComparer.Ordinal);
        foreach (var elsewhere in others[false].Chunk(DbSession.MaxList))
            silent.UnionWith(await database.ReadAsync(
                db => db.ListAsync<string>(
                    "SELECT id FROM node WHERE id IN @elsewhere AND heartbeat < @before",
                    new { elsewhere, before = time.NowMs() - (2 * options.Value.Lease.Ms()) }), ct));
        return silent;
    }

    /// <summary>Whether a process may be gone: it is not running on this machine. Nothing is known about processes that never sent a heartbeat.</summary>
    public bool MayBeGone(string node) => node != current.Id && (!IsHere(node) || current.IsKnownGone(node));

    private bool IsHere(string node) => node.StartsWith(current.Machine + "/", StringComparison.Ordinal);
}
