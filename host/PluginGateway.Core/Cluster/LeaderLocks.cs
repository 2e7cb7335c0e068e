using System.Collections.Concurrent;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// Locks for work that one host does for all hosts, such as checking for incidents and applying retention periods. A lock is held for a
/// limited time and renewed before it expires. When its holder crashes, another host acquires it.
/// </summary>
internal sealed class LeaderLocks(IDatabase database, ProcessIdentity node, TimeProvider time)
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, long> _until = new(StringComparer.Ordinal);

    /// <summary>Acquires or renews a lock if possible, and returns whether this host holds it.</summary>
    public async Task<bool> TryHoldAsync(string name, CancellationToken ct)
    {
        var now = time.NowMs();
        if (_until.GetValueOrDefault(name) - now > Term.Ms() / 2)
            return true;

        var holder = await database.ReadAsync(
            db => db.FirstAsync<HolderRow>("SELECT node AS Node, until AS Until FROM leader_lock WHERE name = @name", new { name }), ct);
        if (holder is not null && holder.Node != node.Id && holder.Until > now && !node.IsKnownGone(holder.Node))
            return false;

        var until = now + Term.Ms();
        // Succeeds only if no host, including the current holder, has updated the lock since it was read.
        var key = new { name, me = node.Id, before = holder?.Node ?? "", seen = holder?.Until ?? 0, until };
        var acquired = await database.WriteAsync(
            async db => holder is null
                ? await db.ExecuteAsync(
                    "INSERT INTO leader_lock (name, node, until) SELECT @name, @me, @until WHERE NOT EXISTS (SELECT 1 FROM leader_lock WHERE name = @name)",
                    key)
                : await db.ExecuteAsync("UPDATE leader_lock SET node = @me, until = @until WHERE name = @name AND node = @before AND until = @seen", key),
            ct) > 0;
        _until[name] = acquired ? until : 0;
        return acquired;
    }

    private sealed class HolderRow
    {
        public string Node { get; init; } = "";

        public long Until { get; init; }
    }
}
