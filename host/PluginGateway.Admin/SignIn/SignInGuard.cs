using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Makes guessing passwords slow, on all hosts together: three tries of a name are free, then each failure doubles the wait, and after ten nobody
/// signs in with that name for a quarter of an hour. A try counts as a failure before its password is looked at, so that a thousand at once are
/// no way around it. Names that no account has are treated alike: they cannot be told apart.
/// </summary>
internal sealed class SignInGuard(IDatabase database, AccountStore accounts, TimeProvider time)
{
    private const int Free = 3;
    private const int MaxFailures = 10;

    private static readonly TimeSpan Locked = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Forgotten = TimeSpan.FromDays(1);

    /// <summary>Tries to sign in.</summary>
    public async Task<SignInResult> TryAsync(string name, string password, CancellationToken ct)
    {
        // Of whatever length the name is.
        var key = Sessions.KeyOf(AccountStore.Normal(name));
        var wait = await CountAsync(key, ct);
        if (wait > TimeSpan.Zero)
            return new SignInResult(null, wait);

        var account = await accounts.VerifyAsync(name, password, ct);
        if (account is not null)
            await database.WriteAsync(db => db.ExecuteAsync("DELETE FROM sign_in_failure WHERE name_key = @key", new { key }), ct);
        return new SignInResult(account, TimeSpan.Zero);
    }

    /// <summary>Counts a try.</summary>
    /// <returns>How long to wait before one is taken; zero when this one is.</returns>
    private Task<TimeSpan> CountAsync(byte[] key, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            await db.ExecuteAsync("DELETE FROM sign_in_failure WHERE last < @old", new { old = now - Forgotten.Ms() });
            await db.LockAsync("UPDATE sign_in_failure SET failures = failures WHERE name_key = @key", new { key });
            var known = await db.FirstAsync<FailureRow>("SELECT failures AS Failures, until AS Until FROM sign_in_failure WHERE name_key = @key", new { key });
            if (known?.Until > now)
                return TimeSpan.FromMilliseconds(known.Until - now);

            var failures = (known?.Failures ?? 0) + 1;
            var wait = failures >= MaxFailures ? Locked : failures <= Free ? TimeSpan.Zero : TimeSpan.FromSeconds(1 << (failures - Free));
            var row = new { key, failures, now, until = now + wait.Ms() };
            if (await db.ExecuteAsync("UPDATE sign_in_failure SET failures = @failures, last = @now, until = @until WHERE name_key = @key", row) == 0)
                await db.ExecuteAsync("INSERT INTO sign_in_failure (name_key, failures, last, until) VALUES (@key, @failures, @now, @until)", row);
            if (failures == MaxFailures)
                await Audit.AddAsync(
                    db, now, "the gateway", "sign-in-locked", "", "a name", "", $"{failures} failures", "Somebody may be guessing a password.");
            return TimeSpan.Zero;
        },
        ct);

    private sealed class FailureRow
    {
        public int Failures { get; init; }

        public long Until { get; init; }
    }
}

/// <param name="Account">Whose it is; null when name and password do not fit.</param>
/// <param name="Wait">How long to wait before the next try; more than zero when this one was not looked at.</param>
internal sealed record SignInResult(Account? Account, TimeSpan Wait);
