using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// The hosts that share the database, this one among them: each says every few seconds that it lives and what it has loaded. What a lane may
/// do is divided by them.
/// </summary>
internal sealed class ClusterMembership(IDatabase database, DatabaseClock clock, ProcessIdentity node, IOptions<LeaseOptions> options, TimeProvider time)
{
    private static readonly string Version = typeof(ClusterMembership).Assembly.GetName().Version!.ToString();

    private volatile IReadOnlyList<HostRow> _live = [];

    /// <summary>Those that live, as of the last heartbeat; at least this one.</summary>
    public IReadOnlyList<HostRow> LiveCount => _live;

    /// <summary>What is wrong with the database, as this host found it a moment ago; null when it can be read and written to.</summary>
    public string? DatabaseProblem { get; private set; }

    /// <summary>Notes what was found.</summary>
    /// <returns>Whether that is new.</returns>
    public bool ReportDatabaseProblem(string? trouble)
    {
        var isNew = DatabaseProblem != trouble;
        DatabaseProblem = trouble;
        return isNew;
    }

    /// <summary>Sets the clock by the database's, says that this host lives, and reads which others do.</summary>
    /// <param name="councilFiles">Its council files, a line for each.</param>
    /// <param name="plugIns">Its plug-ins, a line for each.</param>
    /// <param name="ct">Cancels before it begins.</param>
    public async Task HeartbeatAsync(IEnumerable<string> councilFiles, IEnumerable<string> plugIns, CancellationToken ct)
    {
        await clock.SetAsync(database, ct);
        var (councils, plugins) = (Hash(councilFiles), Hash(plugIns));
        await database.WriteAsync(
            async db =>
            {
                var key = new { node.Id, now = time.NowMs(), Version, councils, plugins };
                if (await db.ExecuteAsync(
                    "UPDATE node SET heartbeat = @now, version = @Version, councils_hash = @councils, plugins_hash = @plugins WHERE id = @Id", key) == 0)
                    await db.ExecuteAsync(
                        "INSERT INTO node (id, heartbeat, version, councils_hash, plugins_hash) VALUES (@Id, @now, @Version, @councils, @plugins)", key);
                return 0;
            },
            ct);
        var rows = await database.ReadAsync(
            db => db.ListAsync<HostRow>(
                "SELECT id AS Id, version AS Version, councils_hash AS Councils, plugins_hash AS Plugins FROM node WHERE heartbeat >= @since ORDER BY id",
                new { since = time.NowMs() - (2 * options.Value.Lease.Ms()) }),
            ct);
        _live = [.. rows.Where(r => r.Id == node.Id || !node.IsKnownDead(r.Id))];
    }

    /// <summary>This host stops: the others need not wait to find it silent.</summary>
    public Task LeaveAsync(CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await db.ExecuteAsync("UPDATE node SET heartbeat = 0 WHERE id = @Id", new { node.Id });
            return await db.ExecuteAsync("UPDATE leader_lock SET until = 0 WHERE node = @Id", new { node.Id });
        },
        ct);

    /// <summary>
    /// This host's part of what all may do together. What cannot be divided evenly goes to the first ones; each may do one at least, so that a
    /// report need not be where its host may not send it.
    /// </summary>
    public int Share(int all)
    {
        var live = _live;
        if (live.Count < 2)
            return all;

        var place = Math.Max(0, live.Index().FirstOrDefault(h => h.Item.Id == node.Id).Index);
        return Math.Max(1, (all / live.Count) + (place < all % live.Count ? 1 : 0));
    }

    private static string Hash(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)))));

    /// <summary>What other hosts have loaded that this one has not, or the other way round.</summary>
    public IReadOnlyList<string> Differences()
    {
        var live = _live;
        return live.FirstOrDefault(h => h.Id == node.Id) is not { } self
            ? []
            :
            [
                .. live.Where(h => h.Councils != self.Councils).Select(h => $"{h.Id} has other council files"),
                .. live.Where(h => h.Plugins != self.Plugins).Select(h => $"{h.Id} has other plug-ins"),
            ];
    }
}

/// <summary>A host, as it published itself.</summary>
internal sealed record HostRow
{
    public string Id { get; init; } = "";

    public string Version { get; init; } = "";

    public string Councils { get; init; } = "";

    public string Plugins { get; init; } = "";
}
