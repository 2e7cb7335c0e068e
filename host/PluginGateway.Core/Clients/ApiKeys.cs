using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Clients;

/// <summary>
/// Keys of clients. Only their SHA-256 is stored. A key that was looked up is believed for a second, so that a revoked one is refused at
/// once and a busy one does not ask the database for every report.
/// </summary>
internal sealed class ApiKeys(IDatabase database, TimeProvider time)
{
    /// <summary>The scope of sending reports and updates.</summary>
    public const string Reports = "reports";

    /// <summary>The scope of uploading documents.</summary>
    public const string Documents = "documents";

    private const int MaxCached = 10_000;
    private const int MaxSameHash = 2;

    private static readonly TimeSpan CacheFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaveLastUsedEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<UInt128, Known> _known = new();

    /// <summary>A new key: 256 random bits. It is shown once and not kept.</summary>
    public static string New() => "pgw_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>The client of a key, or null. Takes the same way for a wrong key as for none.</summary>
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

    /// <summary>Adds a key for a client, which is made if it is new. Scopes stand with commas between them.</summary>
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
    /// The same by an operator, and noted in the audit: at most two live ones of a client for the same purpose, so that it can change from one to the
    /// other.
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
                var alike = await db.ScalarAsync<int>(
                    """
                    SELECT COUNT(*) FROM api_key WHERE client_id = @clientId AND councils = @list AND scopes = @scopes AND revoked = 0
                        AND (expires = 0 OR expires > @now)
                    """,
                    new { clientId, list, scopes, now });
                if (alike >= MaxSameHash)
                    return ActionOutcome.No($"{client} has {alike} live keys for the same already: end one first.");

                await InsertAsync(db, clientId, hash, list, scopes, expires, now);
                await Audit.AddAsync(
                    db, now, who, "key-create", "", $"client {client}", "",
                    $"for {scopes}, {(councils.Count == 0 ? "all councils" : string.Join(", ", councils))}", "");
                return ActionOutcome.Yes("made");
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

    /// <returns>Whether there was such a key.</returns>
    public Task<bool> RevokeAsync(long id, string who, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            if (await db.ExecuteAsync("UPDATE api_key SET revoked = @now WHERE id = @id AND revoked = 0", new { id, now }) == 0)
                return false;
            var client = await db.ScalarAsync<string>("SELECT c.name FROM api_key k JOIN client c ON c.id = k.client_id WHERE k.id = @id", new { id });
            await Audit.AddAsync(db, now, who, "key-revoke", "", $"client {client}", "", $"key {id}", "");
            return true;
        },
        ct);

    /// <summary>The number of a client, which is made if it is new.</summary>
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
        // The database found it by its hash; that it is this one is still decided in constant time.
        var same = CryptographicOperations.FixedTimeEquals(row?.Hash ?? new byte[32], hash);
        if (row is null || !same || row.Revoked > 0 || (row.Expires > 0 && row.Expires <= now.ToUnixTimeMilliseconds()))
            return null;

        return new ApiClient
        {
            Id = row.ClientId,
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

/// <summary>A key as it is listed: everything but the key.</summary>
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
