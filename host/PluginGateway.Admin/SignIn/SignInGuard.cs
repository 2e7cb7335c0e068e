using System.Collections.Concurrent;
using System.Globalization;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Slows down password guessing without letting anybody keep others out of their accounts. Failures are counted for each name and address, and for each
/// browser that has signed in to the account before; three attempts are not delayed, and each further failure doubles the delay. From one address, a name
/// is locked for 15 minutes after ten failures; elsewhere, and in a known browser, its owner can still sign in. When a name fails from many addresses, the
/// answers from unknown browsers take longer. An attempt counts as a failure before its password is checked, so that concurrent attempts cannot bypass the
/// limit. Names without an account are treated in the same way, so that they cannot be distinguished, but only in memory and with separate slots.
/// </summary>
internal sealed class SignInGuard(
    IDatabase database, AccountStore accounts, Passwords passwords, SecondFactor secondFactor, CallLimits limits, TimeProvider time, ILogger<SignInGuard> log)
{
    private const int FreeAttempts = 3;
    private const int MaxFailures = 10;
    private const int MaxUnknown = 10_000;
    private const int MaxDelayed = 200;

    private static readonly TimeSpan LockFor = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromDays(1);

    /// <summary>The maximum delay between two attempts in a browser that has signed in to the account before.</summary>
    private static readonly TimeSpan MaxDelayOfDevice = TimeSpan.FromMinutes(1);

    /// <summary>The maximum time that an answer is delayed because the name has failed from many addresses.</summary>
    private static readonly TimeSpan MaxDelayOfName = TimeSpan.FromSeconds(8);

    private readonly ConcurrentDictionary<string, FailureRow> _unknown = new(StringComparer.Ordinal);
    private readonly int[] _delayed = new int[Enum.GetValues<PasswordSlots>().Length];

    /// <summary>Attempts to sign in.</summary>
    public async Task<SignInResult> TryAsync(SignInAttempt attempt, CancellationToken ct)
    {
        // A known browser is counted separately, so that others with its address cannot use its attempts up.
        if (limits.Count(CallKind.SignInsOfAddress, attempt.Device?.Number ?? attempt.Address) is { } retryAfter)
            return new SignInResult(null, retryAfter);

        var name = AccountStore.Normal(attempt.Name);
        var known = name.Length > AccountStore.MaxNameLength ? null : await accounts.FindPasswordAsync(name, ct);
        var isDevice = known is not null && attempt.Device?.AccountId == known.Id;
        var who = isDevice
            ? $"device {name} {attempt.Device!.Id}"
            : string.Create(CultureInfo.InvariantCulture, $"address {name} {attempt.Address:x}");
        var counted = known is null ? CountUnknown(who, name) : await CountAsync(known.Id, who, name, isDevice, ct);
        if (counted.Wait > TimeSpan.Zero)
            return new SignInResult(null, counted.Wait);
        var slots = isDevice ? PasswordSlots.Devices : known is null ? PasswordSlots.UnknownNames : PasswordSlots.Others;
        await DelayAsync(counted.Delay, slots, ct);
        if (!await passwords.VerifyAsync(attempt.Password, known?.Password, slots, ct) || known!.IsDisabled)
            return new SignInResult(null, TimeSpan.Zero);

        await database.WriteAsync(
            db => db.ExecuteAsync(
                "DELETE FROM sign_in_failure WHERE name_key IN (@who, @name)", new { who = Sessions.KeyOf(who), name = Sessions.KeyOf(NameKey(name)) }), ct);
        return new SignInResult(await accounts.FindAsync(known.Id, ct), TimeSpan.Zero);
    }

    /// <summary>Checks the second factor of an account whose password was correct. Only its failures count.</summary>
    public async Task<SignInResult> TryCodeAsync(Account account, string? code, CancellationToken ct)
    {
        var who = string.Create(CultureInfo.InvariantCulture, $"code {account.Id}");
        var counted = await CountAsync(account.Id, who, name: null, isDevice: false, ct);
        if (counted.Wait > TimeSpan.Zero)
            return new SignInResult(null, counted.Wait);
        if (!await secondFactor.VerifyAsync(account, code, ct))
            return new SignInResult(null, TimeSpan.Zero);

        await database.WriteAsync(db => db.ExecuteAsync("DELETE FROM sign_in_failure WHERE name_key = @key", new { key = Sessions.KeyOf(who) }), ct);
        return new SignInResult(account, TimeSpan.Zero);
    }

    private static string NameKey(string name) => $"name {name}";

    /// <summary>Returns the time to wait after a number of failures before the next attempt is accepted.</summary>
    private static TimeSpan WaitAfter(int failures, bool isDevice)
    {
        if (failures <= FreeAttempts)
            return TimeSpan.Zero;
        if (failures >= MaxFailures)
            return isDevice ? MaxDelayOfDevice : LockFor;
        var wait = TimeSpan.FromSeconds(1 << (failures - FreeAttempts));
        return isDevice && wait > MaxDelayOfDevice ? MaxDelayOfDevice : wait;
    }

    /// <summary>Returns the time that an answer is delayed after a number of failures of the name from all addresses.</summary>
    private static TimeSpan DelayAfter(int failures) => failures <= MaxFailures
        ? TimeSpan.Zero
        : TimeSpan.FromSeconds(Math.Min(1 << Math.Min(failures - MaxFailures - 1, 10), MaxDelayOfName.TotalSeconds));

    /// <summary>Waits before an answer, unless many answers of this kind are waiting already: their slots limit them too.</summary>
    private async Task DelayAsync(TimeSpan delay, PasswordSlots slots, CancellationToken ct)
    {
        if (delay == TimeSpan.Zero)
            return;

        var isWithin = Interlocked.Increment(ref _delayed[(int)slots]) <= MaxDelayed;
        try
        {
            if (isWithin)
                await Task.Delay(delay, time, ct);
        }
        finally
        {
            Interlocked.Decrement(ref _delayed[(int)slots]);
        }
    }

    /// <summary>Counts an attempt for an account, on all hosts.</summary>
    /// <param name="accountId">The account.</param>
    /// <param name="who">Where the attempt is made.</param>
    /// <param name="name">The account's name, for which attempts from anywhere count too; null if they do not.</param>
    /// <param name="isDevice">Whether the attempt is made in a known browser.</param>
    /// <param name="ct">Cancels the count.</param>
    private Task<Counted> CountAsync(long accountId, string who, string? name, bool isDevice, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            await db.ExecuteAsync("DELETE FROM sign_in_failure WHERE last < @old", new { old = now - ForgetAfter.Ms() });
            // Locks the account, because a row that does not exist yet cannot be locked.
            await db.LockAsync("UPDATE account SET role = role WHERE id = @accountId", new { accountId });
            var own = await AddAsync(db, who, isDevice);
            // Attempts in a known browser do not slow down the others.
            if (own.Wait > TimeSpan.Zero || isDevice)
                return own;

            if (own.Failures == MaxFailures)
                await Audit.AddAsync(
                    db, now, "the gateway", "sign-in-locked", "", "an account name", "",
                    name is null ? $"{MaxFailures} wrong codes" : $"{MaxFailures} failures from one address",
                    name is null ? "Somebody who has the password may be guessing a code." : "Somebody may be guessing a password.");
            return name is null ? own : own with { Delay = DelayAfter((await AddAsync(db, NameKey(name), isDevice: true)).Failures) };

            async Task<Counted> AddAsync(DbSession db, string text, bool isDevice)
            {
                var key = Sessions.KeyOf(text);
                var known = await db.FirstAsync<FailureRow>(
                    "SELECT failures AS Failures, until AS Until FROM sign_in_failure WHERE name_key = @key", new { key });
                var isOwn = text == who;
                if (isOwn && known?.Until > now)
                    return new Counted(known.Failures, TimeSpan.FromMilliseconds(known.Until - now), TimeSpan.Zero);

                var failures = (known?.Failures ?? 0) + 1;
                var row = new { key, accountId, failures, now, until = isOwn ? now + WaitAfter(failures, isDevice).Ms() : 0 };
                if (await db.ExecuteAsync("UPDATE sign_in_failure SET failures = @failures, last = @now, until = @until WHERE name_key = @key", row) == 0)
                    await db.ExecuteAsync(
                        "INSERT INTO sign_in_failure (name_key, account_id, failures, last, until) VALUES (@key, @accountId, @failures, @now, @until)", row);
                return new Counted(failures, TimeSpan.Zero, TimeSpan.Zero);
            }
        },
        ct);

    /// <summary>Counts an attempt for a name without an account. Nothing is stored, so that invented names cannot fill the database.</summary>
    private Counted CountUnknown(string who, string name)
    {
        var now = time.NowMs();
        if (_unknown.Count > MaxUnknown)
            _unknown.Clear();
        var wait = 0L;
        var own = _unknown.AddOrUpdate(Key(who), _ => Next(null), (_, known) => Next(known));
        if (wait > 0)
            return new Counted(own.Failures, TimeSpan.FromMilliseconds(wait), TimeSpan.Zero);

        if (own.Failures == MaxFailures)
            log.UnknownNameGuessed();
        var all = _unknown.AddOrUpdate(
            Key(NameKey(name)), static (_, now) => new FailureRow { Failures = 1, Last = now },
            static (_, known, now) => new FailureRow { Failures = IsForgotten(known, now) ? 1 : known.Failures + 1, Last = now }, now);
        return new Counted(own.Failures, TimeSpan.Zero, DelayAfter(all.Failures));

        // A hash has the same length for any name.
        static string Key(string text) => Convert.ToHexString(Sessions.KeyOf(text));

        FailureRow Next(FailureRow? known)
        {
            wait = known is null ? 0 : known.Until - now;
            if (wait > 0)
                return known!;
            var failures = known is null || IsForgotten(known, now) ? 1 : known.Failures + 1;
            return new FailureRow { Failures = failures, Until = now + WaitAfter(failures, isDevice: false).Ms(), Last = now };
        }
    }

    private static bool IsForgotten(FailureRow row, long now) => row.Last < now - ForgetAfter.Ms();

    /// <param name="Failures">The number of failures, including this attempt.</param>
    /// <param name="Wait">The time to wait before an attempt is accepted; zero if this one is accepted.</param>
    /// <param name="Delay">The time by which the answer to this attempt is delayed.</param>
    private sealed record Counted(int Failures, TimeSpan Wait, TimeSpan Delay);

    private sealed class FailureRow
    {
        public int Failures { get; init; }

        public long Until { get; init; }

        public long Last { get; init; }
    }
}

/// <summary>An attempt to sign in.</summary>
internal sealed record SignInAttempt
{
    public required string Name { get; init; }

    public required string Password { get; init; }

    /// <summary>The network address that it comes from (<see cref="CallerAddress"/>).</summary>
    public required UInt128 Address { get; init; }

    /// <summary>The browser, if it has signed in before.</summary>
    public KnownDevice? Device { get; init; }

    public static SignInAttempt Of(HttpContext http, string? name, string? password) => new()
    {
        Name = name ?? "",
        Password = password ?? "",
        Address = CallerAddress.Of(http),
        Device = DeviceCookie.Find(http),
    };
}

/// <param name="Account">The account; null if the name or password is wrong.</param>
/// <param name="Wait">The time to wait before the next attempt; more than zero if the password was not checked.</param>
internal sealed record SignInResult(Account? Account, TimeSpan Wait)
{
    /// <summary>Returns what to show after a failed attempt.</summary>
    /// <param name="wrong">What to show if what was entered is wrong.</param>
    public string Problem(string wrong) =>
        Wait > TimeSpan.Zero ? $"Too many attempts. Wait {DurationText.Text(Wait + TimeSpan.FromSeconds(1))}, then try again." : wrong;
}
