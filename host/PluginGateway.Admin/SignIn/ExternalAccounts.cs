using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// The accounts of people who sign in through the identity provider. An account is created at the first sign-in and belongs to the issuer and subject of the
/// token, never to a name, so that nobody gets another's account. Its permissions are updated at each sign-in.
/// </summary>
internal sealed class ExternalAccounts(
    IDatabase database, AccountStore accounts, IOptions<AdminOptions> options, TimeProvider time, ILogger<ExternalAccounts> log)
{
    private const string Who = "the identity provider";

    /// <summary>Returns the account of somebody whom the identity provider has identified, or the reason why there is none.</summary>
    public async Task<(Account? Account, string Problem)> FindAsync(ClaimsPrincipal person, CancellationToken ct)
    {
        var settings = options.Value.OpenIdConnect;
        if (person.FindFirstValue("iss") is not { Length: > 0 } issuer || person.FindFirstValue("sub") is not { Length: > 0 } subject)
            return (null, "The identity provider did not say who you are.");

        var key = SHA256.HashData(Encoding.UTF8.GetBytes($"{issuer}\n{subject}"));
        var grant = settings.Grants.FirstOrDefault(g => person.HasClaim(g.Claim, g.Value));
        var id = await database.ReadAsync(
            db => db.ScalarAsync<long>("SELECT account_id FROM external_subject WHERE subject_key = @key", new { key }), ct);
        if (grant is null)
        {
            log.OpenIdWithoutGrant();
            if (id != 0)
                await EndSessionsAsync(id, ct);
            return (null, "You have no permissions in this gateway. Ask an admin.");
        }

        if (id == 0)
            id = await CreateAsync(key, person.FindFirstValue(settings.NameClaim), grant.Rights, ct);
        else
            await UpdateAsync(id, grant.Rights, ct);

        return await accounts.FindAsync(id, ct) is { IsDisabled: false } account ? (account, "") : (null, "Your account is disabled. Ask an admin.");
    }

    /// <summary>Returns a name for a new account: the one of the identity provider as far as it is valid here, and distinct from all others.</summary>
    private static async Task<string> NameAsync(DbSession db, string? claimed, byte[] key)
    {
        var valid = AccountStore.Normal(claimed).Where(c => char.IsLetterOrDigit(c) || c is '.' or '_' or '-' or '@');
        var name = string.Concat(valid).TrimStart('.', '_', '-', '@');
        name = name.Length > AccountStore.MaxNameLength / 2 ? name[..(AccountStore.MaxNameLength / 2)] : name;
        if (name.Length > 1 && await db.ScalarAsync<long>("SELECT COUNT(*) FROM account WHERE name = @name", new { name }) == 0)
            return name;
        return $"{(name.Length > 0 ? name : "user")}-{Convert.ToHexStringLower(key)[..12]}";
    }

    private Task<long> CreateAsync(byte[] key, string? claimed, Rights rights, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            var name = await NameAsync(db, claimed, key);
            await db.ExecuteAsync(
                """
                INSERT INTO account (name, password, role, councils, disabled, created, signed_in, is_external)
                SELECT @name, '', @role, @councils, 0, @now, 0, 1 WHERE NOT EXISTS (SELECT 1 FROM external_subject WHERE subject_key = @key)
                """,
                new { name, role = (int)rights.Role, councils = rights.List, now, key });
            var added = await db.ExecuteAsync(
                """
                INSERT INTO external_subject (subject_key, account_id)
                SELECT @key, id FROM account WHERE name = @name AND NOT EXISTS (SELECT 1 FROM external_subject WHERE subject_key = @key)
                """,
                new { name, key });
            if (added > 0)
                await Audit.AddAsync(db, now, Who, "account-create", "", $"account {name}", "", rights.ToString(), "");
            return await db.ScalarAsync<long>("SELECT account_id FROM external_subject WHERE subject_key = @key", new { key });
        },
        ct);

    /// <summary>Ends the sessions of an account that the identity provider no longer grants any permission.</summary>
    private Task EndSessionsAsync(long id, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var ended = await db.ExecuteAsync("DELETE FROM account_session WHERE account_id = @id", new { id });
            if (ended > 0 && await AccountStore.FindAsync(db, id) is { } account)
                await Audit.AddAsync(
                    db, time.NowMs(), Who, "account-sessions-end", "", $"account {account.Name}", "", "", "The claims no longer grant any permission.");
            return true;
        },
        ct);

    /// <summary>Gives an account the permissions that the identity provider's claims grant now. Its other sessions end if they change.</summary>
    private Task UpdateAsync(long id, Rights rights, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            if (await AccountStore.FindAsync(db, id) is not { } account || (account.Role == rights.Role && account.CouncilList == rights.List))
                return false;
            await db.ExecuteAsync(
                "UPDATE account SET role = @role, councils = @councils WHERE id = @id", new { id, role = (int)rights.Role, councils = rights.List });
            await db.ExecuteAsync("DELETE FROM account_session WHERE account_id = @id", new { id });
            var before = new Rights(account.Role, account.Councils);
            await Audit.AddAsync(db, time.NowMs(), Who, "account-change", "", $"account {account.Name}", before.ToString(), rights.ToString(), "");
            return true;
        },
        ct);
}
