using System.Text.RegularExpressions;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>The accounts of the operators' site. Every change is in the audit; one that takes rights away ends the account's sessions.</summary>
internal sealed partial class AccountStore(IDatabase database, Passwords passwords, TimeProvider time)
{
    private const string Columns =
        "id AS Id, name AS Name, role AS Role, councils AS CouncilList, disabled AS IsDisabled, created AS Created, signed_in AS SignedIn";

    public Task<List<Account>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<Account>($"SELECT {Columns} FROM account ORDER BY name"), ct);

    public Task<Account?> FindAsync(long id, CancellationToken ct) => database.ReadAsync(db => FindAsync(db, id), ct);

    public async Task<bool> AnyAsync(CancellationToken ct) => await database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM account"), ct) > 0;

    /// <summary>Makes an account.</summary>
    /// <param name="name">What its owner signs in with; case does not count.</param>
    /// <param name="password">Its first password.</param>
    /// <param name="rights">What it may do.</param>
    /// <param name="who">Who makes it.</param>
    /// <param name="first">A one-time link that is used up by it; null when an operator or a command makes it.</param>
    /// <param name="ct">Cancels before it is made.</param>
    public async Task<ActionOutcome> CreateAsync(string name, string? password, Rights rights, string who, byte[]? first, CancellationToken ct)
    {
        name = Normal(name);
        if ((!NameForm().IsMatch(name)
            ? "A name has 2 to 100 letters, digits and . - _ @, and begins with a letter or digit."
            : rights.FindProblem() ?? Passwords.FindProblem(password, name)) is { } problem)
            return ActionOutcome.No(problem);

        var kept = await passwords.HashAsync(password!, ct);
        return await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                if (first is not null
                    && await db.ExecuteAsync(
                        "DELETE FROM set_up_link WHERE token_key = @first AND expires > @now AND NOT EXISTS (SELECT 1 FROM account)", new { first, now }) == 0)
                    return ActionOutcome.No("This link was used, or is too old. Start the gateway again for a new one.");
                var made = await db.ExecuteAsync(
                    """
                    INSERT INTO account (name, password, role, councils, disabled, created, signed_in)
                    SELECT @name, @kept, @role, @councils, 0, @now, 0 WHERE NOT EXISTS (SELECT 1 FROM account WHERE name = @name)
                    """,
                    new { name, kept, role = (int)rights.Role, councils = rights.List, now });
                if (made == 0)
                    return ActionOutcome.No($"There is an account {name} already.");
                await Audit.AddAsync(db, now, who, "account-create", "", $"account {name}", "", rights.ToString(), "");
                return ActionOutcome.Yes($"{name}: {rights}");
            },
            ct);
    }

    /// <summary>Gives an account other rights, or shuts it.</summary>
    public Task<ActionOutcome> ChangeAsync(long id, Rights rights, bool isDisabled, string who, string why, CancellationToken ct) =>
        rights.FindProblem() is { } problem
            ? Task.FromResult(ActionOutcome.No(problem))
            : ChangeAsync(
                id,
                async (db, account, now) =>
                {
                    await db.ExecuteAsync(
                        "UPDATE account SET role = @role, councils = @councils, disabled = @isDisabled WHERE id = @id",
                        new { id, role = (int)rights.Role, councils = rights.List, isDisabled = isDisabled ? 1 : 0 });
                    if (await db.ScalarAsync<long>($"SELECT COUNT(*) FROM account WHERE role = {Roles.Admin} AND disabled = 0") == 0)
                        return null;
                    await Audit.AddAsync(db, now, who, "account-change", "", $"account {account.Name}", account.Says, Account.Say(rights, isDisabled), why);
                    return ActionOutcome.Yes(Account.Say(rights, isDisabled));
                },
                ct);

    /// <summary>Gives an account another password.</summary>
    public async Task<ActionOutcome> SetPasswordAsync(long id, string? password, string who, CancellationToken ct)
    {
        if (await FindAsync(id, ct) is not { } known)
            return ActionOutcome.No("There is no such account.");
        if (Passwords.FindProblem(password, known.Name) is { } problem)
            return ActionOutcome.No(problem);

        var kept = await passwords.HashAsync(password!, ct);
        return await ChangeAsync(
            id,
            async (db, account, now) =>
            {
                await db.ExecuteAsync("UPDATE account SET password = @kept WHERE id = @id", new { id, kept });
                // Failures with the old one are no failures with this one.
                await db.ExecuteAsync("DELETE FROM sign_in_failure WHERE name_key = @key", new { key = Sessions.KeyOf(account.Name) });
                await Audit.AddAsync(db, now, who, "account-password", "", $"account {account.Name}", "", "a new password", "");
                return ActionOutcome.Yes("The password is changed.");
            },
            ct);
    }

    /// <summary>The account of a name and password; null when they do not fit.</summary>
    public async Task<Account?> VerifyAsync(string name, string password, CancellationToken ct)
    {
        var row = await database.ReadAsync(
            db => db.FirstAsync<PasswordRow>(
                "SELECT id AS Id, password AS Password, disabled AS IsDisabled FROM account WHERE name = @name", new { name = Normal(name) }), ct);
        var fits = await passwords.IsAsync(password, row?.Password, ct);
        return fits && !row!.IsDisabled ? await FindAsync(row.Id, ct) : null;
    }

    public static string Normal(string? name) => (name ?? "").Trim().ToLowerInvariant();

    private static Task<Account?> FindAsync(DbSession db, long id) => db.FirstAsync<Account>($"SELECT {Columns} FROM account WHERE id = @id", new { id });

    /// <param name="id">The account.</param>
    /// <param name="change">Changes it; null when nobody would be left to look after the accounts.</param>
    /// <param name="ct">Cancels before it begins.</param>
    private async Task<ActionOutcome> ChangeAsync(long id, Func<DbSession, Account, long, Task<ActionOutcome?>> change, CancellationToken ct)
    {
        try
        {
            return await database.WriteAsync(
                async db =>
                {
                    // All of them: that an admin is left must hold when two are changed at once.
                    await db.LockAsync($"UPDATE account SET role = role WHERE role = {Roles.Admin}");
                    if (await FindAsync(db, id) is not { } account)
                        return ActionOutcome.No("There is no such account.");
                    var result = await change(db, account, time.NowMs()) ?? throw new LastAdminException();
                    await db.ExecuteAsync("DELETE FROM account_session WHERE account_id = @id", new { id });
                    return result;
                },
                ct);
        }
        catch (LastAdminException)
        {
            return ActionOutcome.No("This is the last admin: nobody could look after the accounts any more.");
        }
    }

    [GeneratedRegex(@"\A[\p{L}\p{Nd}][\p{L}\p{Nd}.@_-]{1,99}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex NameForm();

    /// <summary>Takes back what the transaction has changed.</summary>
    private sealed class LastAdminException : Exception;

    private sealed class PasswordRow
    {
        public long Id { get; init; }

        public string Password { get; init; } = "";

        public bool IsDisabled { get; init; }
    }
}

/// <summary>What an account may do, and for which councils; none for all.</summary>
internal sealed record Rights(Role Role, IReadOnlyList<string> Councils)
{
    public string List => Councils.Any(string.IsNullOrEmpty) ? "" : string.Join(',', Councils);

    public string? FindProblem() => Role is not (Role.Viewer or Role.Operator or Role.Admin) ? "The role is viewer, operator or admin."
        : Role == Role.Admin && Councils.Count > 0 ? "An admin is for all councils."
        : Councils.Any(c => string.IsNullOrEmpty(c) || c.Length > 100 || c.Contains(',', StringComparison.Ordinal))
            ? "A council is named by its jurisdiction_id." : null;

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

    /// <summary>When somebody signed in with it last; 0 for never.</summary>
    public long SignedIn { get; init; }

    public IReadOnlyList<string> Councils => CouncilList.Split(',', StringSplitOptions.RemoveEmptyEntries);

    public string Says => Say(new Rights(Role, Councils), IsDisabled);

    public static string Say(Rights rights, bool isDisabled) => isDisabled ? $"{rights}, shut" : rights.ToString();
}
