using System.Text.Json;
using System.Text.Json.Serialization;
using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Catalogues;

/// <summary>Stores the last valid catalogue of every back end, so that it is published after a restart even if the back end is unavailable.</summary>
internal sealed class CatalogueStore(IDatabase database)
{
    private const int Served = 0;
    private const int Candidate = 1;

    public async Task<CatalogueState?> FindAsync(string council, string backEnd, CancellationToken ct)
    {
        var rows = await database.ReadAsync(
            db => db.ListAsync<CatalogueRow>(
                "SELECT role AS Role, fetched AS Fetched, seen AS Seen, content AS Content FROM catalogue WHERE council = @council AND backend = @backEnd",
                new { council, backEnd }),
            ct);
        if (rows.Find(r => r.Role == Served) is not { } served)
            return null;

        var candidate = rows.Find(r => r.Role == Candidate);
        return new CatalogueState
        {
            Served = JsonSerializer.Deserialize(served.Content, CatalogueJson.Default.IReadOnlyListService) ?? [],
            Fetched = UnixTime.At(served.Fetched),
            Missing = candidate is null ? new HashSet<string>() : JsonSerializer.Deserialize(candidate.Content, CatalogueJson.Default.HashSetString)!,
            Readings = (int)(candidate?.Seen ?? 0),
            Seen = UnixTime.At(candidate?.Fetched ?? 0),
        };
    }

    /// <summary>
    /// Returns a copy without references to types of the plug-in. Collection expressions (<c>[…]</c>) in a plug-in can create types of the
    /// plug-in's assembly, and a reference to one of them would keep the plug-in in memory.
    /// </summary>
    public static IReadOnlyList<Service> Copy(IReadOnlyList<Service> services) => JsonSerializer.Deserialize(
        JsonSerializer.SerializeToUtf8Bytes(services, CatalogueJson.Default.IReadOnlyListService), CatalogueJson.Default.IReadOnlyListService)!;

    /// <summary>Returns a number that changes when any catalogue has changed.</summary>
    public Task<long> VersionAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ScalarAsync<long>($"SELECT COALESCE(SUM(fetched + seen + {db.Dialect.Length("content")}), 0) + COUNT(*) FROM catalogue"), ct);

    public Task SaveAsync(string council, string backEnd, CatalogueState state, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await db.ExecuteAsync("DELETE FROM catalogue WHERE council = @council AND backend = @backEnd", new { council, backEnd });
            await InsertAsync(
                db, council, backEnd, Served, state.Fetched, 0, JsonSerializer.SerializeToUtf8Bytes(state.Served, CatalogueJson.Default.IReadOnlyListService));
            if (state.Missing.Count > 0)
                await InsertAsync(
                    db, council, backEnd, Candidate, state.Seen, state.Readings,
                    JsonSerializer.SerializeToUtf8Bytes(state.Missing.ToHashSet(), CatalogueJson.Default.HashSetString));
            return 0;
        },
        ct);

    /// <summary>Returns when a council's services last changed: the stored time, or now if <paramref name="hash"/> differs from the stored hash.</summary>
    public Task<long> ChangedAsync(string council, byte[] hash, long now, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var known = await db.FirstAsync<ChangesetRow>("SELECT hash AS Hash, changed AS Changed FROM changeset WHERE council = @council", new { council });
            if (known is not null && known.Hash.AsSpan().SequenceEqual(hash))
                return known.Changed;

            await db.ExecuteAsync("DELETE FROM changeset WHERE council = @council", new { council });
            await db.ExecuteAsync("INSERT INTO changeset (council, hash, changed) VALUES (@council, @hash, @now)", new { council, hash, now });
            return now;
        },
        ct);

    /// <summary>Returns when the services of any council last changed; the same on all hosts and after a restart.</summary>
    public async Task<DateTimeOffset> LatestChangeAsync(CancellationToken ct) =>
        UnixTime.At(await database.ReadAsync(db => db.ScalarAsync<long>("SELECT COALESCE(MAX(changed), 0) FROM changeset"), ct));

    private static Task InsertAsync(DbSession db, string council, string backEnd, int role, DateTimeOffset fetched, int seen, byte[] content) =>
        db.ExecuteAsync(
            "INSERT INTO catalogue (council, backend, role, fetched, seen, content) VALUES (@council, @backEnd, @role, @fetched, @seen, @content)",
            new { council, backEnd, role, fetched = fetched.ToUnixTimeMilliseconds(), seen, content });

    private sealed class CatalogueRow
    {
        public long Role { get; init; }

        public long Fetched { get; init; }

        public long Seen { get; init; }

        public byte[] Content { get; init; } = [];
    }

    private sealed class ChangesetRow
    {
        public byte[] Hash { get; init; } = [];

        public long Changed { get; init; }
    }
}

[JsonSerializable(typeof(IReadOnlyList<Service>))]
[JsonSerializable(typeof(HashSet<string>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
