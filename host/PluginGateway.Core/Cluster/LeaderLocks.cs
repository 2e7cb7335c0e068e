using System.Collections.Concurrent;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// What one host does for all: looking for trouble and telling of it, clearing away at night. Who has a duty has it for a while and says so
/// again before that ends; when it dies another takes over.
/// </summary>
internal sealed class LeaderLocks(IDatabase database, ProcessIdentity node, TimeProvider time)
{
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, long> _until = new(StringComparer.Ordinal);

    /// <summary>Whether this host has a duty now; it takes it if nobody has it.</summary>
    public async Task<bool> TryHoldAsync(string duty, CancellationToken ct)
    {
        var now = time.NowMs();
        if (_until.GetValueOrDefault(duty) - now > Term.Ms() / 2)
            return true;

        var holder = await database.ReadAsync(
            db => db.FirstAsync<HolderRow>("SELECT node AS Node, until AS Until FROM leader_lock WHERE name = @duty", new { duty }), ct);
        if (holder is not null && holder.Node != node.Id && holder.Until > now && !node.IsKnownDead(holder.Node))
            return false;

        var until = now + Term.Ms();
        // Only if nobody, its holder included, has said anything since it was read.
        var key = new { duty, me = node.Id, before = holder?.Node ?? "", seen = holder?.Until ?? 0, until };
        var taken = await database.WriteAsync(
            async db => holder is null
                ? await db.ExecuteAsync(
                    "INSERT INTO leader_lock (name, node, until) SELECT @duty, @me, @until WHERE NOT EXISTS (SELECT 1 FROM leader_lock WHERE name = @duty)",
                    key)
                : await db.ExecuteAsync("UPDATE leader_lock SET node = @me, until = @until WHERE name = @duty AND node = @before AND until = @seen", key),
            ct) > 0;
        _until[duty] = taken ? until : 0;
        return taken;
    }

    private sealed class HolderRow
    {
        public string Node { get; init; } = "";

        public long Until { get; init; }
    }
}
