using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// The sessions, where cookie authentication keeps its tickets. A session is known by 256 random bits, which the cookie holds encrypted; the database
/// has their SHA-256, and the account as it is now, so that an account that is shut or changed is so everywhere at once.
/// </summary>
internal sealed class Sessions(IDatabase database, IOptions<AdminOptions> options, TimeProvider time) : ITicketStore
{
    /// <summary>That somebody is there is noted so often.</summary>
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    /// <returns>What the session is known by: something new each time.</returns>
    public async Task<string> BeginAsync(Actor actor, string from, CancellationToken ct)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                await db.ExecuteAsync("DELETE FROM account_session WHERE created < @over", new { over = now - options.Value.AbsoluteTimeout.Ms() });
                await db.ExecuteAsync(
                    "INSERT INTO account_session (token_key, account_id, created, seen) VALUES (@key, @AccountId, @now, @now)",
                    new { key = KeyOf(token), actor.AccountId, now });
                await db.ExecuteAsync("UPDATE account SET signed_in = @now WHERE id = @AccountId", new { actor.AccountId, now });
                await Audit.AddAsync(db, now, actor.Name, "sign-in", "", $"account {actor.Name}", "", from, "");
                return true;
            },
            ct);
        return token;
    }

    /// <param name="token">What it is known by.</param>
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
        if (row is null || now - row.Created >= options.Value.AbsoluteTimeout.Ms() || now - row.Seen >= options.Value.IdleTimeout.Ms())
            return null;

        if (byHand && now - row.Seen >= SeenEvery.Ms())
            await database.WriteAsync(db => db.ExecuteAsync("UPDATE account_session SET seen = @now WHERE token_key = @key", new { key, now }), ct);
        return new Actor
        {
            AccountId = row.AccountId,
            Name = row.Name,
            Role = row.Role,
            Councils = row.Councils.Split(',', StringSplitOptions.RemoveEmptyEntries),
        };
    }

    public Task EndAsync(string token, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync("DELETE FROM account_session WHERE token_key = @key", new { key = KeyOf(token) }), ct);

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket) => StoreAsync(ticket, "from somewhere", CancellationToken.None);

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        StoreAsync(ticket, $"from {httpContext.Connection.RemoteIpAddress?.ToString() ?? "somewhere"}", cancellationToken);

    /// <summary>Never called: a session has no sliding expiration, and each sign-in begins another.</summary>
    Task ITicketStore.RenewAsync(string key, AuthenticationTicket ticket) =>
        throw new InvalidOperationException("A session is not renewed; a sign-in begins another.");

    Task<AuthenticationTicket?> ITicketStore.RetrieveAsync(string key) => RetrieveAsync(key, byHand: true, CancellationToken.None);

    Task<AuthenticationTicket?> ITicketStore.RetrieveAsync(string key, HttpContext httpContext, CancellationToken cancellationToken) =>
        RetrieveAsync(key, byHand: !httpContext.Request.Headers.ContainsKey("X-Live"), cancellationToken);

    Task ITicketStore.RemoveAsync(string key) => EndAsync(key, CancellationToken.None);

    public static byte[] KeyOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private Task<string> StoreAsync(AuthenticationTicket ticket, string from, CancellationToken ct) =>
        Actor.Of(ticket.Principal) is { } actor ? BeginAsync(actor, from, ct) : throw new InvalidOperationException("Nobody is signed in.");

    private async Task<AuthenticationTicket?> RetrieveAsync(string key, bool byHand, CancellationToken ct) =>
        await FindAsync(key, byHand, ct) is { } actor ? new AuthenticationTicket(actor.ToPrincipal(), SignInCookie.Scheme) : null;

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
