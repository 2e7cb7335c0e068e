using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Slows down password guessing, across all hosts. Three attempts per name are not delayed, then each failure doubles the delay, and after ten failures the
/// name is locked for 15 minutes. An attempt counts as a failure before its password is checked, so that concurrent attempts cannot bypass the limit.
/// Unknown names are treated in the same way, so that they cannot be distinguished from accounts.
/// </summary>
internal sealed class SignInGuard(IDatabase database, AccountStore accounts, TimeProvider time)
{
    private const int FreeAttempts = 3;
    private const int MaxFailures = 10;

    private static readonly TimeSpan LockFor = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromDays(1);

    /// <summary>Attempts to sign in.</summary>
    public async Task<SignInResult> TryAsync(string name, string password, CancellationToken ct)
    {
        // A hash has the same length for any name.
        var key = Sessions.KeyOf(AccountStore.Normal(name));
        var wait = await CountAsync(key, ct);
        if (wait > TimeSpan.Zero)
            return new SignInResult(null, wait);

        var account = await accounts.VerifyAsync(name, password, ct);
        if (account is not null)
            await database.WriteAsync(db => db.ExecuteAsync("DELETE FROM sign_in_failure WHERE name_key = @key", new { key }), ct);
        return new SignInResult(account, TimeSpan.Zero);
    }

    /// <summary>Counts an attempt.</summary>
    /// <returns>The time to wait before an attempt is accepted; zero if this one is accepted.</returns>
    private Task<TimeSpan> CountAsync(byte[] key, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            await db.ExecuteAsync("DELETE FROM sign_in_failure WHERE last < @old", new { old = now - ForgetAfter.Ms() });
            await db.LockAsync("UPDATE sign_in_failure SET failures = failures WHERE name_key = @key", new { key });
            var known = await db.FirstAsync<FailureRow>("SELECT failures AS Failures, until AS Until FROM sign_in_failure WHERE name_key = @key", new { key });
            if (known?.Until > now)
                return TimeSpan.FromMilliseconds(known.Until - now);

            var failures = (known?.Failures ?? 0) + 1;
            var wait = failures >= MaxFailures ? LockFor : failures <= FreeAttempts ? TimeSpan.Zero : TimeSpan.FromSeconds(1 << (failures - FreeAttempts));
            var row = new { key, failures, now, until = now + wait.Ms() };
            if (await db.ExecuteAsync("UPDATE sign_in_failure SET failures = @failures, last = @now, until = @until WHERE name_key = @key", row) == 0)
                await db.ExecuteAsync("INSERT INTO sign_in_failure (name_key, failures, last, until) VALUES (@key, @failures, @now, @until)", row);
            if (failures == MaxFailures)
                await Audit.AddAsync(
                    db, now, "the gateway", "sign-in-locked", "", "an account name", "", $"{failures} failures", "Somebody may be guessing a password.");
            return TimeSpan.Zero;
        },
        ct);

    private sealed class FailureRow
    {
        public int Failures { get; init; }

        public long Until { get; init; }
    }
}

/// <param name="Account">The account; null if the name or password is wrong.</param>
/// <param name="Wait">The time to wait before the next attempt; more than zero if the password was not checked.</param>
internal sealed record SignInResult(Account? Account, TimeSpan Wait);
