using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Hashes and verifies passwords with PBKDF2, HMAC-SHA-512 and 600,000 iterations. Each operation takes several tenths of a second of processor time, so one
/// runs at a time for each kind of caller: concurrent sign-ins wait for each other and do not slow down the reports, and whoever tries invented names does not
/// delay the operators.
/// </summary>
internal sealed class Passwords : IDisposable
{
    public const int Iterations = 600_000;
    public const int MinLength = 12;

    /// <summary>The maximum length. Longer passwords are refused, because hashing them would only cost time.</summary>
    public const int MaxLength = 256;

    /// <summary>The maximum time to wait for a free slot, for example while somebody tries thousands of passwords.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));
    private readonly SemaphoreSlim[] _slots = [.. Enum.GetValues<PasswordSlots>().Select(_ => new SemaphoreSlim(1))];
    private readonly Lazy<Task<string>> _dummyHash;

    public Passwords() => _dummyHash = new Lazy<Task<string>>(() => Task.Run(() => _hasher.HashPassword(Nobody, Guid.NewGuid().ToString())));

    /// <summary>Returns the problem with a new password; null if it is acceptable.</summary>
    public static string? FindProblem(string? password, string name) => password switch
    {
        null or { Length: < MinLength } => $"A password must have at least {MinLength} characters.",
        { Length: > MaxLength } => $"A password must have at most {MaxLength} characters.",
        _ when password.Distinct().Count() < 5 => "A password must have at least 5 different characters.",
        _ when password.Contains(name, StringComparison.OrdinalIgnoreCase) => "A password must not contain the account's name.",
        _ when CommonPasswords.Contains(password, name, Environment.MachineName) =>
            "This password is easy to guess: it consists of a common word, a name or a pattern. Several words that have nothing to do with you are better.",
        _ => null,
    };

    public Task<string> HashAsync(string password, CancellationToken ct) =>
        RunAsync(() => _hasher.HashPassword(Nobody, password), PasswordSlots.Devices, ct);

    /// <summary>Verifies a password against a stored hash. Takes the same time without a hash, so that the time does not reveal which accounts exist.</summary>
    public async Task<bool> VerifyAsync(string password, string? stored, PasswordSlots slots, CancellationToken ct)
    {
        if (password.Length > MaxLength)
            return false;

        // An account of the identity provider has an empty hash.
        var isKnown = !string.IsNullOrEmpty(stored);
        var hash = isKnown ? stored! : await _dummyHash.Value.WaitAsync(ct);
        var result = await RunAsync(() => _hasher.VerifyHashedPassword(Nobody, hash, password), slots, ct);
        return isKnown && result != PasswordVerificationResult.Failed;
    }

    public void Dispose()
    {
        foreach (var slot in _slots)
            slot.Dispose();
    }

    private async Task<T> RunAsync<T>(Func<T> work, PasswordSlots slots, CancellationToken ct)
    {
        var slot = _slots[(int)slots];
        if (!await slot.WaitAsync(MaxWait, ct))
            throw new BadHttpRequestException("Too many sign-ins at the same time. Try again in a moment.", StatusCodes.Status503ServiceUnavailable);
        try
        {
            return await Task.Run(work, ct);
        }
        finally
        {
            slot.Release();
        }
    }
}

/// <summary>The kinds of callers whose passwords are checked independently of each other.</summary>
internal enum PasswordSlots
{
    /// <summary>Browsers that have signed in to the account before, and operators who set passwords.</summary>
    Devices,

    /// <summary>Other browsers, with the name of an account.</summary>
    Others,

    /// <summary>Names without an account.</summary>
    UnknownNames,
}
