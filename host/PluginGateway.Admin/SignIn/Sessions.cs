using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Who is signed in. A session is 256 random bits in a cookie; the database has their SHA-256, and the account as it is now, so that an account that
/// is shut or changed is so everywhere at once.
/// </summary>
internal sealed class Sessions(IDatabase database, IOptions<AdminOptions> options, TimeProvider time)
{
    /// <summary>That somebody is there is noted so often.</summary>
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    /// <returns>The token for the cookie. It is a new one each time.</returns>
    public async Task<string> BeginAsync(Account account, string from, CancellationToken ct)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                await db.ExecuteAsync("DELETE FROM account_session WHERE created < @over", new { over = now - options.Value.Absolute.Ms() });
                await db.ExecuteAsync("INSERT INTO account_session (token_key, account_id, created, seen) VALUES (@key, @Id, @now, @now)", new { key = KeyOf(token), account.Id, now });
                await db.ExecuteAsync("UPDATE account SET signed_in = @now WHERE id = @Id", new { account.Id, now });
                await Audit.AddAsync(db, now, account.Name, "sign-in", "", $"account {account.Name}", "", from, "");
                return true;
            },
            ct);
        return token;
    }

    /// <param name="token">The cookie's.</param>
    /// <param name="byHand">Whether a person asks: a page that renews itself keeps nobody signed in.</param>
    /// <param name="ct">Cancels.</param>
    public async Task<Actor?> FindAsync(string token, bool byHand, CancellationToken ct)
    {
        if (token.Length != 64)
            return null;

        var (key, now) = (KeyOf(token), time.NowMs());
        var row = await database.ReadAsync(
            db => db.FirstAsync<SessionRow>(
                """
                SELECT a.id AS AccountId, a.name AS Name, a.role AS Role, a.councils AS Councils, s.created AS Created, s.seen AS Seen
                FROM account_session s JOIN account a ON a.id = s.account_id WHERE s.token_key = @key AND a.disabled = 0
                """,
                new { key }),
            ct);
        if (row is null || now - row.Created >= options.Value.Absolute.Ms() || now - row.Seen >= options.Value.Idle.Ms())
            return null;

        if (byHand && now - row.Seen >= SeenEvery.Ms())
            await database.WriteAsync(db => db.ExecuteAsync("UPDATE account_session SET seen = @now WHERE token_key = @key", new { key, now }), ct);
        return new Actor { AccountId = row.AccountId, Name = row.Name, Role = row.Role, Councils = row.Councils.Split(',', StringSplitOptions.RemoveEmptyEntries) };
    }

    public Task EndAsync(string token, CancellationToken ct) => database.WriteAsync(db => db.ExecuteAsync("DELETE FROM account_session WHERE token_key = @key", new { key = KeyOf(token) }), ct);

    public static byte[] KeyOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private sealed class SessionRow
    {
        public long AccountId { get; init; }

        public string Name { get; init; } = "";

        public Role Role { get; init; }

        public string Councils { get; init; } = "";

        public long Created { get; init; }

        public long Seen { get; init; }
    }
}
