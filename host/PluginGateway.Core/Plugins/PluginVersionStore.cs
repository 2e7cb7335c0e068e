using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Core.Plugins;

/// <summary>Stores plug-in versions, and the current plug-in statuses of each process, in the database.</summary>
internal sealed class PluginVersionStore(IDatabase database, ProcessLiveness nodes) : IPluginVersionStore
{
    private const string Columns =
        "adapter AS AdapterName, sha256 AS Sha256, version AS Version, path AS Path, state AS State, reason AS Reason, by_whom AS ByWhom, at AS At";

    public string Node => nodes.Current;

    public async Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct)
    {
        var (versions, probations) = await database.ReadAsync(
            async db => (
                await db.ListAsync<VersionRow>($"SELECT {Columns} FROM plugin_version"),
                await db.ListAsync<ProbationRow>("SELECT adapter AS AdapterName, sha256 AS Sha256, node AS Node FROM plugin_probation")),
            ct);
        var gone = await nodes.FindGoneAsync(probations.Select(p => p.Node), ct);
        var byVersion = probations.ToLookup(p => (p.AdapterName, p.Sha256), p => new Probation(p.Node, gone.Contains(p.Node)));
        return [.. versions.Select(v => v.ToVersion([.. byVersion[(v.AdapterName, v.Sha256)]]))];
    }

    public Task SaveAsync(KnownVersion version, CancellationToken ct) =>
        database.WriteAsync(async db => await IsQuarantinedAsync(db, version) ? 0 : await WriteAsync(db, version, Node), ct);

    public Task<bool> RecordVerdictAsync(KnownVersion verdict, string node, CancellationToken ct) => database.WriteAsync(
        async db => await DeleteProbationAsync(db, verdict, node) > 0 && !await IsQuarantinedAsync(db, verdict) && await WriteAsync(db, verdict, node) > 0, ct);

    /// <summary>Records the verdict on a version inside the caller's transaction, replacing any earlier one.</summary>
    /// <param name="db">The session of the transaction.</param>
    /// <param name="version">The version.</param>
    /// <param name="node">The process whose probation of the version ends; a quarantine ends the probation in all processes.</param>
    public static async Task<int> WriteAsync(DbSession db, KnownVersion version, string node)
    {
        var row = new
        {
            adapter = version.AdapterName,
            sha = version.Sha256,
            version = version.Version,
            path = version.Path,
            state = (int)version.State,
            reason = StoredText.Truncate(version.Reason),
            by = version.By,
            at = version.At.ToUnixTimeMilliseconds(),
            node,
            quarantined = version.State == VersionState.Quarantined ? 1 : 0,
        };
        await db.ExecuteAsync("DELETE FROM plugin_probation WHERE adapter = @adapter AND sha256 = @sha AND (node = @node OR @quarantined = 1)", row);
        await db.ExecuteAsync("DELETE FROM plugin_version WHERE adapter = @adapter AND sha256 = @sha", row);
        return await db.ExecuteAsync(
            """
            INSERT INTO plugin_version (adapter, sha256, version, path, state, reason, by_whom, at)
            VALUES (@adapter, @sha, @version, @path, @state, @reason, @by, @at)
            """,
            row);
    }

    public Task BeginProbationAsync(KnownVersion version, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var row = new
            {
                adapter = version.AdapterName,
                sha = version.Sha256,
                version = version.Version,
                path = version.Path,
                by = version.By,
                at = version.At.ToUnixTimeMilliseconds(),
                node = Node,
            };
            if (await db.ExecuteAsync("UPDATE plugin_version SET version = @version, path = @path WHERE adapter = @adapter AND sha256 = @sha", row) == 0)
                await db.ExecuteAsync(
                    """
                    INSERT INTO plugin_version (adapter, sha256, version, path, state, reason, by_whom, at)
                    VALUES (@adapter, @sha, @version, @path, 0, '', @by, @at)
                    """,
                    row);
            await db.ExecuteAsync("DELETE FROM plugin_probation WHERE adapter = @adapter AND sha256 = @sha AND node = @node", row);
            return await db.ExecuteAsync("INSERT INTO plugin_probation (adapter, sha256, node, since) VALUES (@adapter, @sha, @node, @at)", row);
        },
        ct);

    public Task EndProbationAsync(KnownVersion version, string node, CancellationToken ct) => database.WriteAsync(
        db => DeleteProbationAsync(db, version, node), ct);

    public Task<IReadOnlyCollection<VersionKey>> BeginLoadingAsync(IReadOnlyCollection<VersionKey> versions, CancellationToken ct) =>
        database.WriteAsync<IReadOnlyCollection<VersionKey>>(
            async db =>
            {
                var marks = await db.ListAsync<ProbationRow>("SELECT adapter AS AdapterName, sha256 AS Sha256, node AS Node FROM plugin_loading");
                foreach (var version in versions)
                    await db.ExecuteAsync(
                        """
                        INSERT INTO plugin_loading (adapter, sha256, node) SELECT @AdapterName, @Sha256, @node
                        WHERE NOT EXISTS (SELECT 1 FROM plugin_loading WHERE adapter = @AdapterName AND sha256 = @Sha256 AND node = @node)
                        """,
                        new { version.AdapterName, version.Sha256, node = Node });
                return marks.Where(m => nodes.MayBeGone(m.Node)).Select(m => new VersionKey(m.AdapterName, m.Sha256)).ToHashSet();
            },
            ct);

    public Task EndLoadingAsync(CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync("DELETE FROM plugin_loading WHERE node = @node", new { node = Node }), ct);

    public Task ClearLoadingAsync(VersionKey version, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            "DELETE FROM plugin_loading WHERE adapter = @AdapterName AND sha256 = @Sha256", new { version.AdapterName, version.Sha256 }),
        ct);

    public async Task<IReadOnlySet<string>> ListUsedElsewhereAsync(CancellationToken ct)
    {
        var rows = await database.ReadAsync(
            db => db.ListAsync<UseRow>(
                "SELECT node AS Node, sha256 AS Sha256 FROM plugin_generation WHERE node <> @node AND generation > 0", new { node = Node }), ct);
        var gone = await nodes.FindGoneAsync(rows.Select(r => r.Node), ct);
        return rows.Where(r => !gone.Contains(r.Node)).Select(r => r.Sha256).ToHashSet(StringComparer.Ordinal);
    }

    private static async Task<bool> IsQuarantinedAsync(DbSession db, KnownVersion version) => await db.ScalarAsync<long?>(
        "SELECT state FROM plugin_version WHERE adapter = @AdapterName AND sha256 = @Sha256",
        new { version.AdapterName, version.Sha256 }) == (int)VersionState.Quarantined;

    private static Task<int> DeleteProbationAsync(DbSession db, KnownVersion version, string node) => db.ExecuteAsync(
        "DELETE FROM plugin_probation WHERE adapter = @AdapterName AND sha256 = @Sha256 AND node = @node", new { version.AdapterName, version.Sha256, node });

    /// <summary>
    /// Stores the current statuses of this process for the commands and the operators' site, and deletes those of processes that are no longer running.
    /// </summary>
    public async Task SaveAsync(IReadOnlyCollection<PluginStatus> statuses, CancellationToken ct)
    {
        var others = await database.ReadAsync(db => db.ListAsync<string>("SELECT DISTINCT node FROM plugin_generation"), ct);
        var over = (await nodes.FindGoneAsync(others, ct)).Append(Node).ToList();
        await database.WriteAsync(
            async db =>
            {
                foreach (var batch in over.Chunk(DbSession.MaxList))
                    await db.ExecuteAsync("DELETE FROM plugin_generation WHERE node IN @batch", new { batch });
                foreach (var status in statuses)
                    await db.ExecuteAsync(
                        """
                        INSERT INTO plugin_generation (node, line, path, adapter, version, sha256, generation, state, reason, since)
                        VALUES (@node, @Key, @Path, @adapter, @version, @sha, @Generation, @state, @reason, @since)
                        """,
                        new
                        {
                            node = Node,
                            status.Key,
                            status.Path,
                            adapter = status.AdapterName ?? "",
                            version = status.Version ?? "",
                            sha = status.Sha256 ?? "",
                            status.Generation,
                            state = (int)status.State,
                            reason = StoredText.Truncate(status.Reason ?? ""),
                            since = status.Since.ToUnixTimeMilliseconds(),
                        });
                return 0;
            },
            ct);
    }

    /// <summary>Returns the statuses of all running processes.</summary>
    public async Task<IReadOnlyList<(string Node, PluginStatus Status)>> ListAsync(CancellationToken ct)
    {
        var rows = await database.ReadAsync(
            db => db.ListAsync<StatusRow>(
                """
                SELECT node AS Node, path AS Path, adapter AS AdapterName, version AS Version, sha256 AS Sha256, generation AS Generation,
                    state AS State, reason AS Reason, since AS Since
                FROM plugin_generation ORDER BY adapter, generation, path
                """),
            ct);
        var silent = await nodes.FindSilentAsync(rows.Select(r => r.Node), ct);
        return [.. rows.Where(r => !silent.Contains(r.Node)).Select(r => (r.Node, r.ToStatus()))];
    }

    private sealed class VersionRow
    {
        public string AdapterName { get; init; } = "";

        public string Sha256 { get; init; } = "";

        public string Version { get; init; } = "";

        public string Path { get; init; } = "";

        public long State { get; init; }

        public string Reason { get; init; } = "";

        public string ByWhom { get; init; } = "";

        public long At { get; init; }

        public KnownVersion ToVersion(IReadOnlyList<Probation> probations) => new()
        {
            AdapterName = AdapterName,
            Sha256 = Sha256,
            Version = Version,
            Path = Path,
            State = (VersionState)State,
            Probations = probations,
            Reason = Reason,
            By = ByWhom,
            At = UnixTime.At(At),
        };
    }

    private sealed class ProbationRow
    {
        public string AdapterName { get; init; } = "";

        public string Sha256 { get; init; } = "";

        public string Node { get; init; } = "";
    }

    private sealed class UseRow
    {
        public string Node { get; init; } = "";

        public string Sha256 { get; init; } = "";
    }

    private sealed class StatusRow
    {
        public string Node { get; init; } = "";

        public string Path { get; init; } = "";

        public string AdapterName { get; init; } = "";

        public string Version { get; init; } = "";

        public string Sha256 { get; init; } = "";

        public long Generation { get; init; }

        public long State { get; init; }

        public string Reason { get; init; } = "";

        public long Since { get; init; }

        public PluginStatus ToStatus() => new()
        {
            Path = Path,
            AdapterName = AdapterName.Length == 0 ? null : AdapterName,
            Version = Version,
            Sha256 = Sha256,
            Generation = (int)Generation,
            State = (PluginState)State,
            Reason = Reason.Length == 0 ? null : Reason,
            Since = UnixTime.At(Since),
        };
    }
}

/// <summary>The version store of a command, which loads plug-ins like the gateway but stores nothing.</summary>
internal sealed class ReadOnlyPluginVersionStore(PluginVersionStore store) : IPluginVersionStore
{
    public string Node => store.Node;

    public Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct) => store.ReadAsync(ct);

    public Task SaveAsync(KnownVersion version, CancellationToken ct) => Task.CompletedTask;

    public Task BeginProbationAsync(KnownVersion version, CancellationToken ct) => Task.CompletedTask;

    public Task EndProbationAsync(KnownVersion version, string node, CancellationToken ct) => Task.CompletedTask;

    public Task<bool> RecordVerdictAsync(KnownVersion verdict, string node, CancellationToken ct) => Task.FromResult(true);

    public Task<IReadOnlyCollection<VersionKey>> BeginLoadingAsync(IReadOnlyCollection<VersionKey> versions, CancellationToken ct) =>
        Task.FromResult<IReadOnlyCollection<VersionKey>>([]);

    public Task EndLoadingAsync(CancellationToken ct) => Task.CompletedTask;

    public Task ClearLoadingAsync(VersionKey version, CancellationToken ct) => Task.CompletedTask;

    public Task<IReadOnlySet<string>> ListUsedElsewhereAsync(CancellationToken ct) => store.ListUsedElsewhereAsync(ct);
}
