using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Clients;

/// <summary>
/// Stores the API keys of clients, as SHA-256 hashes only. The result of a lookup is cached for one second: a revoked key is refused almost
/// immediately, and a busy client does not cause a query for every report.
/// </summary>
internal sealed class ApiKeys(IDatabase database, TimeProvider time)
{
    /// <summary>The scope for sending reports and updates.</summary>
    public const string Reports = "reports";

    /// <summary>The scope for uploading documents.</summary>
    public const string Documents = "documents";

    /// <summary>The scope for seeing and updating reports in private services that other clients sent, in addition to <see cref="Reports"/>.</summary>
    public const string PrivateReports = "private";

    /// <summary>All scopes that a key can have.</summary>
    public static readonly IReadOnlyList<string> AllScopes = [Reports, PrivateReports, Documents];

    private const int MaxCached = 10_000;
    private const int MaxKeysForSamePurpose = 2;

    private static readonly TimeSpan CacheFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveLastUsedEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<UInt128, Known> _known = new();

    /// <summary>Creates a key with 256 random bits. The key is shown once and not stored.</summary>
    public static string New() => "pgw_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>Returns the client of a key; null if the key is invalid. A missing key is handled in the same way as a wrong one.</summary>
    public async ValueTask<ApiClient?> FindAsync(string? key, CancellationToken ct)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key ?? ""));
        var name = BinaryPrimitives.ReadUInt128BigEndian(hash);
        var now = time.GetUtcNow();
        if (_known.TryGetValue(name, out var known) && now - known.At < CacheFor)
            return known.Client;

        var row = await database.ReadAsync(
            db => db.FirstAsync<KeyRow>(
                """
                SELECT k.id AS Id, k.hash AS Hash, k.councils AS Councils, k.scopes AS Scopes, k.expires AS Expires, k.revoked AS Revoked,
                    k.last_used AS LastUsed, c.id AS ClientId, c.name AS ClientName, c.profile AS Profile
                FROM api_key k JOIN client c ON c.id = k.client_id WHERE k.hash = @hash
                """,
                new { hash }),
            ct);
        var client = ToClient(row, hash, now);
        if (_known.Count > MaxCached)
            _known.Clear();
        _known[name] = new Known(client, now);
        if (client is not null && now - UnixTime.At(row!.LastUsed) > SaveLastUsedEvery)
            await database.WriteAsync(
                db => db.ExecuteAsync("UPDATE api_key SET last_used = @now WHERE id = @Id", new { row.Id, now = now.ToUnixTimeMilliseconds() }), ct);
        return client;
    }

    /// <summary>Adds a key for a client; creates the client if it does not exist. Scopes are separated by commas.</summary>
    public Task AddAsync(
        string client, string key, IReadOnlyList<string> councils, string scopes, ClientProfile profile, DateTimeOffset? expires, CancellationToken ct)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                return await InsertAsync(db, await ClientAsync(db, client, profile, now), hash, string.Join(',', councils), scopes, expires, now);
            },
            ct);
    }

    /// <summary>
    /// Adds a key on behalf of an operator and writes an audit entry. A client can have at most two active keys for the same councils and
    /// scopes, so that it can change from one key to the next.
    /// </summary>
    public async Task<ActionOutcome> IssueAsync(
        string client, string key, IReadOnlyList<string> councils, string scopes, ClientProfile profile, DateTimeOffset? expires, string who,
        CancellationToken ct)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        return await database.WriteAsync(
            async db =>
            {
                var (now, list) = (time.NowMs(), string.Join(',', councils));
                var clientId = await ClientAsync(db, client, profile, now);
                await db.LockAsync("UPDATE client SET profile = profile WHERE id = @clientId", new { clientId });
                var active = await db.ScalarAsync<int>(
                    """
                    SELECT COUNT(*) FROM api_key WHERE client_id = @clientId AND councils = @list AND scopes = @scopes AND revoked = 0
                        AND (expires = 0 OR expires > @now)
                    """,
                    new { clientId, list, scopes, now });
                if (active >= MaxKeysForSamePurpose)
                    return ActionOutcome.No($"{client} already has {active} active keys for the same councils and scopes. Revoke one of them first.");

                await InsertAsync(db, clientId, hash, list, scopes, expires, now);
                await Audit.AddAsync(
                    db, now, who, "key-create", "", $"client {client}", "",
                    $"for {scopes}, {(councils.Count == 0 ? "all councils" : string.Join(", ", councils))}", "");
                return ActionOutcome.Yes("created");
            },
            ct);
    }

    public Task<List<KeyListing>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<KeyListing>(
            """
            SELECT k.id AS Id, c.name AS Client, k.councils AS Councils, k.scopes AS Scopes, k.created AS Created, k.expires AS Expires,
                k.revoked AS Revoked, k.last_used AS LastUsed
            FROM api_key k JOIN client c ON c.id = k.client_id ORDER BY k.id
            """),
        ct);

    /// <returns>Whether a key with this id existed and had not been revoked before.</returns>
    public Task<bool> RevokeAsync(long id, string who, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            var client = await db.ScalarAsync<string>("SELECT c.name FROM api_key k JOIN client c ON c.id = k.client_id WHERE k.id = @id", new { id });
            if (await db.ExecuteAsync("UPDATE api_key SET revoked = @now WHERE id = @id AND revoked = 0", new { id, now }) == 0)
                return false;
            await Audit.AddAsync(db, now, who, "key-revoke", "", $"client {client}", "", $"key {id}", "");
            return true;
        },
        ct);

    /// <summary>Returns the id of a client; creates the client if it does not exist.</summary>
    private static async Task<long> ClientAsync(DbSession db, string client, ClientProfile profile, long now) =>
        await db.ScalarAsync<long?>("SELECT id FROM client WHERE name = @client", new { client })
            ?? await db.InsertAsync(
                "INSERT INTO client (name, profile, created) VALUES (@client, @profile, @now)", new { client, profile = (int)profile, now });

    private static Task<int> InsertAsync(DbSession db, long clientId, byte[] hash, string councils, string scopes, DateTimeOffset? expires, long now) =>
        db.ExecuteAsync(
            """
            INSERT INTO api_key (client_id, hash, councils, scopes, created, expires, revoked, last_used)
            SELECT @clientId, @hash, @councils, @scopes, @now, @expires, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM api_key WHERE hash = @hash)
            """,
            new { clientId, hash, councils, scopes, now, expires = expires?.ToUnixTimeMilliseconds() ?? 0 });

    private static ApiClient? ToClient(KeyRow? row, byte[] hash, DateTimeOffset now)
    {
        // The database found the row by its hash; the comparison that decides runs in constant time.
        var isEqual = CryptographicOperations.FixedTimeEquals(row?.Hash ?? new byte[32], hash);
        if (row is null || !isEqual || row.Revoked > 0 || (row.Expires > 0 && row.Expires <= now.ToUnixTimeMilliseconds()))
            return null;

        return new ApiClient
        {
            Id = row.ClientId,
            KeyId = row.Id,
            Name = row.ClientName,
            Profile = (ClientProfile)row.Profile,
            Scopes = row.Scopes.Split(',').ToHashSet(StringComparer.Ordinal),
            Councils = row.Councils.Split(',', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal),
        };
    }

    private sealed record Known(ApiClient? Client, DateTimeOffset At);

    private sealed class KeyRow
    {
        public long Id { get; init; }

        public byte[] Hash { get; init; } = [];

        public string Councils { get; init; } = "";

        public string Scopes { get; init; } = "";

        public long Expires { get; init; }

        public long Revoked { get; init; }

        public long LastUsed { get; init; }

        public long ClientId { get; init; }

        public string ClientName { get; init; } = "";

        public long Profile { get; init; }
    }
}

/// <summary>A key as listed: everything except the key itself.</summary>
internal sealed class KeyListing
{
    public long Id { get; init; }

    public string Client { get; init; } = "";

    public string Councils { get; init; } = "";

    public string Scopes { get; init; } = "";

    public long Created { get; init; }

    public long Expires { get; init; }

    public long Revoked { get; init; }

    public long LastUsed { get; init; }

    public bool IsLive(long now) => Revoked == 0 && (Expires == 0 || Expires > now);
}
