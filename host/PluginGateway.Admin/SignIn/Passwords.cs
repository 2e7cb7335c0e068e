using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace PluginGateway.Admin.SignIn;

/// <summary>
/// Passwords are kept as PBKDF2 with HMAC-SHA-512, 600,000 times. That takes a good part of a second of a processor, so only two are worked on at a
/// time: who tries many passwords at once waits, and the reports do not.
/// </summary>
internal sealed class Passwords : IDisposable
{
    public const int Iterations = 600_000;
    public const int MinLength = 12;

    /// <summary>Longer ones are refused: they would only be work.</summary>
    public const int MaxLength = 256;

    /// <summary>Nobody waits behind somebody who tries thousands.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> _hasher = new(Options.Create(new PasswordHasherOptions { IterationCount = Iterations }));
    private readonly SemaphoreSlim _places = new(2);
    private readonly Lazy<Task<string>> _ofNobody;

    public Passwords() => _ofNobody = new Lazy<Task<string>>(() => Task.Run(() => _hasher.HashPassword(Nobody, Guid.NewGuid().ToString())));

    /// <summary>What is wrong with a new password; null when it will do.</summary>
    public static string? FindProblem(string? password, string name) => password switch
    {
        null or { Length: < MinLength } => $"A password has at least {MinLength} characters.",
        { Length: > MaxLength } => $"A password has at most {MaxLength} characters.",
        _ when password.Distinct().Count() < 5 => "A password has at least 5 different characters.",
        _ when password.Contains(name, StringComparison.OrdinalIgnoreCase) => "A password must not contain the account's name.",
        _ => null,
    };

    public Task<string> HashAsync(string password, CancellationToken ct) => InPlaceAsync(() => _hasher.HashPassword(Nobody, password), ct);

    /// <summary>Whether a password is the one that was kept; an account that is not there takes the same time.</summary>
    public async Task<bool> IsAsync(string password, string? kept, CancellationToken ct)
    {
        if (password.Length > MaxLength)
            return false;

        var hash = kept ?? await _ofNobody.Value.WaitAsync(ct);
        var result = await InPlaceAsync(() => _hasher.VerifyHashedPassword(Nobody, hash, password), ct);
        return kept is not null && result != PasswordVerificationResult.Failed;
    }

    public void Dispose() => _places.Dispose();

    private async Task<T> InPlaceAsync<T>(Func<T> work, CancellationToken ct)
    {
        if (!await _places.WaitAsync(MaxWait, ct))
            throw new BadHttpRequestException("Too many sign-ins at once.", StatusCodes.Status503ServiceUnavailable);
        try
        {
            return await Task.Run(work, ct);
        }
        finally
        {
            _places.Release();
        }
    }
}
