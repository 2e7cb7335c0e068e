using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Cluster;

/// <summary>
/// The hosts that share the database, including this one. Every few seconds, each host publishes a heartbeat that describes what it has
/// loaded. The limits of a lane are divided among the live hosts.
/// </summary>
internal sealed class ClusterMembership(IDatabase database, DatabaseClock clock, ProcessIdentity node, IOptions<LeaseOptions> options, TimeProvider time)
{
    private static readonly string Version = typeof(ClusterMembership).Assembly.GetName().Version!.ToString();

    private volatile IReadOnlyList<HostRow> _live = [];

    /// <summary>The live hosts as of the last heartbeat, including this one.</summary>
    public IReadOnlyList<HostRow> LiveHosts => _live;

    /// <summary>The problem with the database that this host's last heartbeat found; null if the database can be read and written.</summary>
    public string? DatabaseProblem { get; private set; }

    /// <summary>Records the current problem with the database, or null if there is none.</summary>
    /// <returns>Whether it differs from the previous one.</returns>
    public bool ReportDatabaseProblem(string? problem)
    {
        var isNew = DatabaseProblem != problem;
        DatabaseProblem = problem;
        return isNew;
    }

    /// <summary>Synchronises the clock with the database, publishes this host's heartbeat and reads the live hosts.</summary>
    /// <param name="councilFiles">This host's council files, one line each.</param>
    /// <param name="plugIns">This host's plug-ins, one line each.</param>
    /// <param name="ct">Cancels the operation; a write that has started is completed.</param>
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
        _live = [.. rows.Where(r => r.Id == node.Id || !node.IsKnownGone(r.Id))];
    }

    /// <summary>Publishes that this host is stopping, so that the other hosts do not wait for its heartbeat to expire.</summary>
    public Task LeaveAsync(CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await db.ExecuteAsync("UPDATE node SET heartbeat = 0 WHERE id = @Id", new { node.Id });
            return await db.ExecuteAsync("UPDATE leader_lock SET until = 0 WHERE node = @Id", new { node.Id });
        },
        ct);

    /// <summary>
    /// Returns this host's share of a limit. The remainder of the division goes to the first hosts. Every host gets at least 1, so that
    /// each host can send the reports it accepts.
    /// </summary>
    public int Share(int all)
    {
        var live = _live;
        if (live.Count < 2)
            return all;

        var index = Math.Max(0, live.Index().FirstOrDefault(h => h.Item.Id == node.Id).Index);
        return Math.Max(1, (all / live.Count) + (index < all % live.Count ? 1 : 0));
    }

    private static string Hash(IEnumerable<string> lines) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)))));

    /// <summary>Returns descriptions of the hosts whose council files or plug-ins differ from this host's.</summary>
    public IReadOnlyList<string> Differences()
    {
        var live = _live;
        return live.FirstOrDefault(h => h.Id == node.Id) is not { } self
            ? []
            :
            [
                .. live.Where(h => h.Councils != self.Councils).Select(h => $"{h.Id} has different council files"),
                .. live.Where(h => h.Plugins != self.Plugins).Select(h => $"{h.Id} has different plug-ins"),
            ];
    }
}

/// <summary>A host as published in its heartbeat.</summary>
internal sealed record HostRow
{
    public string Id { get; init; } = "";

    public string Version { get; init; } = "";

    public string Councils { get; init; } = "";

    public string Plugins { get; init; } = "";
}
