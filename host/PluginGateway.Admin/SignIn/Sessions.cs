using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Stores the sessions, as the ticket store of cookie authentication. A session is identified by 256 random bits; the cookie contains them in encrypted
/// form, and the database contains their SHA-256 hash. The account is read for each request, so that disabling or changing it takes effect immediately
/// on all hosts.
/// </summary>
internal sealed class Sessions(IDatabase database, IOptions<AdminOptions> options, TimeProvider time) : ITicketStore
{
    /// <summary>The minimum interval between two updates of a session's last activity.</summary>
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    /// <summary>Begins a session.</summary>
    /// <returns>Its id, which is new each time.</returns>
    public async Task<string> BeginAsync(Actor actor, string from, CancellationToken ct)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                await db.ExecuteAsync("UPDATE account SET signed_in = @now WHERE id = @AccountId", new { actor.AccountId, now });
                await db.ExecuteAsync("DELETE FROM account_session WHERE created < @oldest", new { oldest = now - options.Value.AbsoluteTimeout.Ms() });
                await db.ExecuteAsync(
                    "INSERT INTO account_session (token_key, account_id, created, seen) VALUES (@key, @AccountId, @now, @now)",
                    new { key = KeyOf(token), actor.AccountId, now });
                await Audit.AddAsync(db, now, actor.Name, "sign-in", "", $"account {actor.Name}", "", from, "");
                return true;
            },
            ct);
        return token;
    }

    /// <summary>Returns the account of a session; null if the session has ended.</summary>
    /// <param name="token">The session's id.</param>
    /// <param name="byHand">Whether a person made the request: a page that refreshes itself does not extend the session.</param>
    /// <param name="ct">Cancels the read.</param>
    public async Task<Actor?> FindAsync(string token, bool byHand, CancellationToken ct)
    {
        if (token.Length != 64)
            return null;

        var (key, now) = (KeyOf(token), time.NowMs());
        var row = await database.ReadAsync(
            db => db.FirstAsync<SessionRow>(
                """
                SELECT a.id AS AccountId, a.name AS Name, a.role AS Role, a.councils AS Councils, s.created AS Created, s.seen AS Seen,
                    a.totp_step AS TotpStep, a.is_external AS IsExternal
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
            HasSecondFactor = row.TotpStep > 0 || row.IsExternal,
        };
    }

    public Task EndAsync(string token, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync("DELETE FROM account_session WHERE token_key = @key", new { key = KeyOf(token) }), ct);

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket) => StoreAsync(ticket, "from an unknown address", CancellationToken.None);

    Task<string> ITicketStore.StoreAsync(AuthenticationTicket ticket, HttpContext httpContext, CancellationToken cancellationToken) =>
        StoreAsync(ticket, $"from {httpContext.Connection.RemoteIpAddress?.ToString() ?? "an unknown address"}", cancellationToken);

    /// <summary>Never called, because sessions have no sliding expiration and each sign-in begins a new session.</summary>
    Task ITicketStore.RenewAsync(string key, AuthenticationTicket ticket) =>
        throw new InvalidOperationException("Sessions are not renewed; each sign-in begins a new session.");

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

        public long TotpStep { get; init; }

        public bool IsExternal { get; init; }
    }
}
