namespace PluginGateway.Contracts;

/// <summary>
/// The one way for an adapter to say that a call failed. Which <see cref="FailureKind"/> it has decides what happens to the report; any
/// other exception counts as <see cref="FailureKind.Transient"/> before <see cref="IAttempt.CommittingAsync"/> and as
/// <see cref="FailureKind.OutcomeUnknown"/> after it.
/// </summary>
public sealed class AdapterException : Exception
{
    private AdapterException(FailureKind kind, string message, string? detail, Exception? inner)
        : base(message, inner)
    {
        Kind = kind;
        Detail = detail;
    }

    /// <summary>What sort of failure it is.</summary>
    public FailureKind Kind { get; }

    /// <summary>What an operator needs to know and a client must not see: status line, fault text. Redacted before it is stored.</summary>
    public string? Detail { get; }

    /// <summary>The earliest time for the next try, from now; <see cref="FailureKind.Transient"/> and <see cref="FailureKind.NotYet"/> only.</summary>
    public TimeSpan? After { get; private init; }

    /// <summary>The back end asked for fewer calls (429): the lane slows down and its breaker stays closed.</summary>
    public bool SlowDown { get; private init; }

    /// <summary>What is wrong in the settings; empty for other failures.</summary>
    public IReadOnlyList<SettingsMistake> Mistakes { get; private init; } = [];

    /// <summary>
    /// Nothing was created, and a later try may succeed: connection refused, 5xx, 429, an error answer that is not recognised.
    /// </summary>
    /// <param name="message">Plain words; may be shown to clients.</param>
    /// <param name="detail">For operators only.</param>
    /// <param name="after">The back end's Retry-After.</param>
    /// <param name="slowDown">The back end asked for fewer calls.</param>
    /// <param name="inner">The exception behind it.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException Transient(
        string message, string? detail = null, TimeSpan? after = null, bool slowDown = false, Exception? inner = null) =>
        new(FailureKind.Transient, message, detail, inner) { After = after, SlowDown = slowDown };

    /// <summary>
    /// The adapter is sure that the back end says no to this report: it is held for an operator and others go on. When in doubt, use
    /// <see cref="Transient"/>.
    /// </summary>
    /// <param name="message">The reason in plain words; shown to clients.</param>
    /// <param name="detail">For operators only.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException Rejected(string message, string? detail = null) => new(FailureKind.Rejected, message, detail, null);

    /// <summary>Credentials or settings are wrong, so every report of this back end would fail: the lane is closed and one alert sent.</summary>
    /// <param name="message">Plain words; may be shown to clients.</param>
    /// <param name="detail">For operators only.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException Misconfigured(string message, string? detail = null) => new(FailureKind.Misconfigured, message, detail, null);

    /// <summary>The settings of a back end are wrong; see <see cref="IAdapterPlugin.Create"/>.</summary>
    /// <param name="mistakes">Every mistake found.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException ForSettings(IReadOnlyList<SettingsMistake> mistakes) =>
        new(FailureKind.Misconfigured, "The settings are wrong.", string.Join("; ", mistakes), null) { Mistakes = mistakes };

    /// <summary>A look-up or the case itself is not ready: tried again later, and counted as no failure.</summary>
    /// <param name="after">When to try again, from now.</param>
    /// <param name="message">Plain words.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException NotYet(TimeSpan after, string message) => new(FailureKind.NotYet, message, null, null) { After = after };

    /// <summary>Bytes left and no answer came: something may have been created.</summary>
    /// <param name="message">Plain words; may be shown to clients.</param>
    /// <param name="detail">For operators only.</param>
    /// <param name="inner">The exception behind it.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException OutcomeUnknown(string message, string? detail = null, Exception? inner = null) =>
        new(FailureKind.OutcomeUnknown, message, detail, inner);
}

/// <summary>What sort of failure an <see cref="AdapterException"/> is, and so what the gateway does.</summary>
public enum FailureKind
{
    /// <summary>Nothing was created; retried by schedule.</summary>
    Transient,

    /// <summary>The back end says no to this report; held for an operator.</summary>
    Rejected,

    /// <summary>Credentials or settings are wrong; the lane is closed.</summary>
    Misconfigured,

    /// <summary>Not ready; tried later without counting as a failure.</summary>
    NotYet,

    /// <summary>Something may have been created; asked for before anything is sent again.</summary>
    OutcomeUnknown,
}
