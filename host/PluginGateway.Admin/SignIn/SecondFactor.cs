using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using OtpNet;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// The second factor of accounts: time-based one-time passwords (RFC 6238: 6 digits, 30 seconds), and recovery codes for a lost device. The secret is stored
/// encrypted, recovery codes as SHA-256 hashes. Each code is valid once, on all hosts.
/// </summary>
internal sealed class SecondFactor(IDatabase database, AccountStore accounts, IServiceProvider services, TimeProvider time, ILogger<SecondFactor> log)
{
    public const int RecoveryCodes = 10;

    private const string Issuer = "PluginGateway";
    private const int SecretBytes = 20;

    /// <summary>80 bits: recovery codes cannot be guessed, even by somebody who has their hashes.</summary>
    private const int RecoveryCodeBytes = 10;

    /// <summary>Devices' clocks may differ from the gateway's by 30 seconds.</summary>
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    private readonly Lazy<IDataProtector> _protector = new(
        () => services.GetRequiredService<IDataProtectionProvider>().CreateProtector("second-factor"), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>Returns a new random secret, in Base32.</summary>
    public static string NewSecret() => Base32Encoding.ToString(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Returns the address that an authenticator app reads from a QR code.</summary>
    public static string AddressOf(string account, string secret) => $"otpauth://totp/{Issuer}:{Uri.EscapeDataString(account)}?secret={secret}&issuer={Issuer}";

    /// <summary>Turns on the second factor of an account.</summary>
    /// <param name="actor">The account.</param>
    /// <param name="secret">The new secret, from <see cref="NewSecret"/>.</param>
    /// <param name="code">A code of the authenticator app, which proves that the app has the secret.</param>
    /// <param name="ct">Cancels the change.</param>
    /// <returns>The outcome and, if it was turned on, the recovery codes.</returns>
    public async Task<(ActionOutcome Outcome, IReadOnlyList<string> Codes)> TurnOnAsync(Actor actor, string secret, string? code, CancellationToken ct)
    {
        if (StepOf(secret, Compact(code)) is not { } step)
            return (ActionOutcome.No("The code is wrong. Check that the time on your device is correct, and enter the code that the app shows now."), []);

        // Encrypted outside the transaction, because a new data-protection key may have to be stored first.
        var (codes, totp) = (NewCodes(), _protector.Value.Protect(Encoding.ASCII.GetBytes(secret)));
        var outcome = await accounts.ChangeAsync(
            actor.AccountId,
            async (db, account, now) =>
            {
                if (account.IsExternal)
                    return ActionOutcome.No("This account signs in through the identity provider.");
                if (await db.ExecuteAsync(
                    "UPDATE account SET totp = @totp, totp_step = @step WHERE id = @Id AND totp_step = 0",
                    new { account.Id, totp, step }) == 0)
                    return ActionOutcome.No("The second factor is already on.");
                await ReplaceCodesAsync(db, account.Id, codes);
                await Audit.AddAsync(db, now, actor.Name, "account-second-factor", "", $"account {account.Name}", "off", "on", "");
                return ActionOutcome.Yes("The second factor is on.");
            },
            ct);
        return (outcome, outcome.Done ? codes : []);
    }

    /// <summary>Replaces the recovery codes of an account.</summary>
    public async Task<IReadOnlyList<string>> RenewCodesAsync(Actor actor, CancellationToken ct)
    {
        var codes = NewCodes();
        await database.WriteAsync(
            async db =>
            {
                await ReplaceCodesAsync(db, actor.AccountId, codes);
                await Audit.AddAsync(db, time.NowMs(), actor.Name, "account-recovery-codes", "", $"account {actor.Name}", "", "new recovery codes", "");
                return true;
            },
            ct);
        return codes;
    }

    /// <summary>Turns off the second factor of an account, for example because its device is lost.</summary>
    public Task<ActionOutcome> TurnOffAsync(long accountId, string who, string why, CancellationToken ct) => accounts.ChangeAsync(
        accountId,
        async (db, account, now) =>
        {
            var off = new { account.Id, none = Array.Empty<byte>() };
            if (await db.ExecuteAsync("UPDATE account SET totp = @none, totp_step = 0 WHERE id = @Id AND totp_step > 0", off) == 0)
                return ActionOutcome.No("The second factor is already off.");
            await db.ExecuteAsync("DELETE FROM recovery_code WHERE account_id = @Id", new { account.Id });
            await Audit.AddAsync(db, now, who, "account-second-factor", "", $"account {account.Name}", "on", "off", why);
            return ActionOutcome.Yes("The second factor is off.");
        },
        ct);

    /// <summary>Verifies a code of the authenticator app or a recovery code, and uses it up.</summary>
    public async Task<bool> VerifyAsync(Account account, string? code, CancellationToken ct)
    {
        var typed = Compact(code);
        if (typed.Length != 6)
            return typed.Length > 0 && await UseRecoveryCodeAsync(account, typed, ct);

        var stored = await database.ReadAsync(
            db => db.ScalarAsync<byte[]>("SELECT totp FROM account WHERE id = @Id AND totp_step > 0", new { account.Id }), ct);
        if (stored is null || Unprotect(account, stored) is not { } secret || StepOf(secret, typed) is not { } step)
            return false;
        return await database.WriteAsync(
            db => db.ExecuteAsync(
                "UPDATE account SET totp_step = @step WHERE id = @Id AND totp_step > 0 AND totp_step < @step", new { account.Id, step }), ct) > 0;
    }

    public Task<long> CountCodesAsync(long accountId, CancellationToken ct) => database.ReadAsync(
        db => db.ScalarAsync<long>("SELECT COUNT(*) FROM recovery_code WHERE account_id = @accountId", new { accountId }), ct);

    private static List<string> NewCodes() => [.. Enumerable.Range(0, RecoveryCodes).Select(static _ => NewCode())];

    private static string NewCode()
    {
        var code = Base32Encoding.ToString(RandomNumberGenerator.GetBytes(RecoveryCodeBytes)).ToLowerInvariant();
        return string.Join('-', code.Chunk(4).Select(static part => new string(part)));
    }

    /// <summary>Removes the separators that people copy or type.</summary>
    private static string Compact(string? code) => string.Concat((code ?? "").Where(c => !char.IsWhiteSpace(c) && c != '-')).ToLowerInvariant();

    private static async Task ReplaceCodesAsync(DbSession db, long accountId, IReadOnlyList<string> codes)
    {
        await db.ExecuteAsync("DELETE FROM recovery_code WHERE account_id = @accountId", new { accountId });
        foreach (var code in codes)
            await db.ExecuteAsync(
                "INSERT INTO recovery_code (account_id, code_key) VALUES (@accountId, @key)", new { accountId, key = Sessions.KeyOf(Compact(code)) });
    }

    /// <summary>Returns a stored secret; null if its data key has been removed.</summary>
    private string? Unprotect(Account account, byte[] stored)
    {
        try
        {
            return Encoding.ASCII.GetString(_protector.Value.Unprotect(stored));
        }
        catch (CryptographicException)
        {
            log.SecondFactorUnreadable(account.Name);
            return null;
        }
    }

    /// <summary>Returns the time step of a code; null if the code is wrong.</summary>
    private long? StepOf(string secret, string code) =>
        new Totp(Base32Encoding.ToBytes(secret)).VerifyTotp(time.GetUtcNow().UtcDateTime, code, out var step, Window) ? step : null;

    private Task<bool> UseRecoveryCodeAsync(Account account, string code, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var used = new { account.Id, key = Sessions.KeyOf(code) };
            if (await db.ExecuteAsync("DELETE FROM recovery_code WHERE account_id = @Id AND code_key = @key", used) == 0)
                return false;
            var left = await db.ScalarAsync<long>("SELECT COUNT(*) FROM recovery_code WHERE account_id = @Id", new { account.Id });
            await Audit.AddAsync(
                db, time.NowMs(), account.Name, "account-recovery-code", "", $"account {account.Name}", "",
                string.Create(CultureInfo.InvariantCulture, $"a recovery code was used, {left} left"), "");
            return true;
        },
        ct);
}
