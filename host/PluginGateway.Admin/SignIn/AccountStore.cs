using System.Text.RegularExpressions;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>Stores the accounts of the operators' site. Every change is recorded in the audit log; a change to an account ends its sessions.</summary>
internal sealed partial class AccountStore(IDatabase database, Passwords passwords, TimeProvider time)
{
    public const int MaxNameLength = 100;

    private const string Columns =
        """
        id AS Id, name AS Name, role AS Role, councils AS CouncilList, disabled AS IsDisabled, created AS Created, signed_in AS SignedIn,
        totp_step AS TotpStep, is_external AS IsExternal
        """;

    public Task<List<Account>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<Account>($"SELECT {Columns} FROM account ORDER BY name"), ct);

    public Task<Account?> FindAsync(long id, CancellationToken ct) => database.ReadAsync(db => FindAsync(db, id), ct);

    /// <summary>Whether there are accounts with a password. Those of the identity provider do not count, because it may be away.</summary>
    public async Task<bool> AnyAsync(CancellationToken ct) =>
        await database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM account WHERE is_external = 0"), ct) > 0;

    /// <summary>Creates an account.</summary>
    /// <param name="name">The name to sign in with; case-insensitive.</param>
    /// <param name="password">The initial password.</param>
    /// <param name="rights">The rights of the account.</param>
    /// <param name="who">Who creates it.</param>
    /// <param name="first">The key of the one-time set-up link that is used; null if an operator or a command creates the account.</param>
    /// <param name="ct">Cancels the creation.</param>
    public async Task<ActionOutcome> CreateAsync(string name, string? password, Rights rights, string who, byte[]? first, CancellationToken ct)
    {
        name = Normal(name);
        if ((!NameForm().IsMatch(name)
            ? "A name must have 2 to 100 characters (letters, digits, . - _ @) and start with a letter or digit."
            : rights.FindProblem() ?? Passwords.FindProblem(password, name)) is { } problem)
            return ActionOutcome.No(problem);

        var hash = await passwords.HashAsync(password!, ct);
        return await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                if (first is not null
                    && await db.ExecuteAsync(
                        """
                        DELETE FROM set_up_link
                        WHERE token_key = @first AND expires > @now AND NOT EXISTS (SELECT 1 FROM account WHERE is_external = 0)
                        """,
                        new { first, now }) == 0)
                    return ActionOutcome.No("This link has been used or has expired. Restart the gateway to get a new one.");
                var made = await db.ExecuteAsync(
                    """
                    INSERT INTO account (name, password, role, councils, disabled, created, signed_in)
                    SELECT @name, @hash, @role, @councils, 0, @now, 0 WHERE NOT EXISTS (SELECT 1 FROM account WHERE name = @name)
                    """,
                    new { name, hash, role = (int)rights.Role, councils = rights.List, now });
                if (made == 0)
                    return ActionOutcome.No($"The account {name} already exists.");
                await Audit.AddAsync(db, now, who, "account-create", "", $"account {name}", "", rights.ToString(), "");
                return ActionOutcome.Yes($"Account {name} created: {rights}.");
            },
            ct);
    }

    /// <summary>Changes the rights of an account, and disables or enables it.</summary>
    public Task<ActionOutcome> ChangeAsync(long id, Rights rights, bool isDisabled, string who, string why, CancellationToken ct) =>
        rights.FindProblem() is { } problem
            ? Task.FromResult(ActionOutcome.No(problem))
            : ChangeAsync(
                id,
                async (db, account, now) =>
                {
                    if (account.IsExternal && (rights.Role != account.Role || rights.List != account.CouncilList))
                        return ActionOutcome.No("The permissions of this account come from the identity provider.");
                    await db.ExecuteAsync(
                        "UPDATE account SET role = @role, councils = @councils, disabled = @isDisabled WHERE id = @id",
                        new { id, role = (int)rights.Role, councils = rights.List, isDisabled = isDisabled ? 1 : 0 });
                    if (account is { Role: Role.Admin, IsDisabled: false, IsExternal: false }
                        && await db.ScalarAsync<long>($"SELECT COUNT(*) FROM account WHERE role = {Roles.Admin} AND disabled = 0 AND is_external = 0") == 0)
                        return null;
                    await Audit.AddAsync(
                        db, now, who, "account-change", "", $"account {account.Name}",
                        AuditText(new Rights(account.Role, account.Councils), account.IsDisabled), AuditText(rights, isDisabled), why);
                    return ActionOutcome.Yes($"Saved: {Account.Describe(rights, isDisabled)}.");
                },
                ct);

    /// <summary>Sets the password of an account.</summary>
    public async Task<ActionOutcome> SetPasswordAsync(long id, string? password, string who, CancellationToken ct)
    {
        if (await FindAsync(id, ct) is not { } known)
            return ActionOutcome.No("There is no such account.");
        if (known.IsExternal)
            return ActionOutcome.No("This account signs in through the identity provider.");
        if (Passwords.FindProblem(password, known.Name) is { } problem)
            return ActionOutcome.No(problem);

        var hash = await passwords.HashAsync(password!, ct);
        return await ChangeAsync(
            id,
            async (db, account, now) =>
            {
                await db.ExecuteAsync("UPDATE account SET password = @hash WHERE id = @id", new { id, hash });
                // Failed attempts with the old password do not count against the new one.
                await db.ExecuteAsync("DELETE FROM sign_in_failure WHERE account_id = @id", new { id });
                await Audit.AddAsync(db, now, who, "account-password", "", $"account {account.Name}", "", "a new password", "");
                return ActionOutcome.Yes("Password changed.");
            },
            ct);
    }

    /// <summary>Returns the password of an account; null if there is no account with this name.</summary>
    /// <param name="name">The name, from <see cref="Normal"/>.</param>
    /// <param name="ct">Cancels the read.</param>
    public Task<PasswordRow?> FindPasswordAsync(string name, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<PasswordRow>("SELECT id AS Id, password AS Password, disabled AS IsDisabled FROM account WHERE name = @name", new { name }), ct);

    public static string Normal(string? name) => (name ?? "").Trim().ToLowerInvariant();

    public static Task<Account?> FindAsync(DbSession db, long id) => db.FirstAsync<Account>($"SELECT {Columns} FROM account WHERE id = @id", new { id });

    /// <summary>Changes an account in a transaction, and ends its sessions.</summary>
    /// <param name="id">The id of the account.</param>
    /// <param name="change">Makes the change; returns null if no admin would be left.</param>
    /// <param name="ct">Cancels the change.</param>
    public async Task<ActionOutcome> ChangeAsync(long id, Func<DbSession, Account, long, Task<ActionOutcome?>> change, CancellationToken ct)
    {
        try
        {
            return await database.WriteAsync(
                async db =>
                {
                    // Locks all admins, so that concurrent changes cannot remove the last two.
                    await db.LockAsync($"UPDATE account SET role = role WHERE role = {Roles.Admin}");
                    if (await FindAsync(db, id) is not { } account)
                        return ActionOutcome.No("There is no such account.");
                    var result = await change(db, account, time.NowMs()) ?? throw new LastAdminException();
                    if (result.Done)
                        await db.ExecuteAsync("DELETE FROM account_session WHERE account_id = @id", new { id });
                    return result;
                },
                ct);
        }
        catch (LastAdminException)
        {
            return ActionOutcome.No("This is the last admin. At least one enabled admin account with a password must remain.");
        }
    }

    /// <summary>Returns an account in the format of the audit log. The words must match those of existing entries.</summary>
    private static string AuditText(Rights rights, bool isDisabled) => isDisabled ? $"{rights}, shut" : rights.ToString();

    [GeneratedRegex(@"\A[\p{L}\p{Nd}][\p{L}\p{Nd}.@_-]{1,99}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NameForm();

    /// <summary>Thrown to roll back a transaction that would leave no admin.</summary>
    private sealed class LastAdminException : Exception;
}

/// <summary>The stored password of an account.</summary>
internal sealed class PasswordRow
{
    public long Id { get; init; }

    /// <summary>The hash of the password.</summary>
    public string Password { get; init; } = "";

    public bool IsDisabled { get; init; }
}

/// <summary>The role of an account and its councils; no councils means all.</summary>
internal sealed record Rights(Role Role, IReadOnlyList<string> Councils)
{
    public string List => Councils.Any(string.IsNullOrEmpty) ? "" : string.Join(',', Councils);

    public string? FindProblem() => Role is not (Role.Viewer or Role.Operator or Role.Admin) ? "The role must be viewer, operator or admin."
        : Role == Role.Admin && Councils.Count > 0 ? "An admin account must be for all councils."
        : Councils.Any(c => string.IsNullOrEmpty(c) || c.Length > 100 || c.Contains(',', StringComparison.Ordinal))
            ? "Councils must be given by their jurisdiction_id." : null;

    public override string ToString() => Role.ToString().ToLowerInvariant() + (Councils.Count == 0 ? ", all councils" : $", for {string.Join(", ", Councils)}");
}

internal sealed class Account
{
    public long Id { get; init; }

    public string Name { get; init; } = "";

    public Role Role { get; init; }

    public string CouncilList { get; init; } = "";

    public bool IsDisabled { get; init; }

    public long Created { get; init; }

    /// <summary>The time of the last sign-in; 0 for never.</summary>
    public long SignedIn { get; init; }

    /// <summary>The time step of the last code of the second factor; 0 without a second factor.</summary>
    public long TotpStep { get; init; }

    /// <summary>Whether the account signs in through the identity provider.</summary>
    public bool IsExternal { get; init; }

    public bool HasSecondFactor => TotpStep > 0;

    /// <summary>The state of the second factor in words.</summary>
    public string SecondFactor => IsExternal ? "at the identity provider" : HasSecondFactor ? "on" : "off";

    public IReadOnlyList<string> Councils => CouncilList.Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The rights of the account in words.</summary>
    public string Summary => Describe(new Rights(Role, Councils), IsDisabled);

    public static string Describe(Rights rights, bool isDisabled) => isDisabled ? $"{rights}, disabled" : rights.ToString();
}
