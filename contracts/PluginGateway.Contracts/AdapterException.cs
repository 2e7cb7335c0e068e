namespace PluginGateway.Contracts;

/// <summary>
/// Reports that a call of an adapter failed. Its <see cref="Kind"/> decides what happens to the report. Any other exception counts as
/// <see cref="FailureKind.Transient"/> if the adapter states <see cref="AdapterDescriptor.MarksCommit"/> and has not called
/// <see cref="IAttempt.MarkCommittingAsync"/> yet, and as <see cref="FailureKind.OutcomeUnknown"/> otherwise.
/// </summary>
/// <remarks>
/// All factory methods take their arguments in the same order: the message, the detail, what is specific to the kind, and the inner
/// exception. The gateway stores the message and the detail. It does not read the inner exception, which helps only to debug an adapter, and
/// keeps no reference to it.
/// </remarks>
public sealed class AdapterException : Exception
{
    private AdapterException(FailureKind kind, string message, string? detail, Exception? innerException)
        : base(message, innerException)
    {
        Kind = kind;
        Detail = detail;
    }

    /// <summary>The kind of failure.</summary>
    public FailureKind Kind { get; }

    /// <summary>
    /// Information for operators that clients must not see, such as a status line or the text of a fault. Personal data and keys are
    /// removed before it is stored.
    /// </summary>
    public string? Detail { get; }

    /// <summary>
    /// How long to wait before the next attempt, at most 12 hours; null to leave it to the gateway. Used for
    /// <see cref="FailureKind.NotYet"/>, and as the minimum for <see cref="FailureKind.Transient"/>, where the retry schedule can require a
    /// longer wait.
    /// </summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>
    /// Whether the back end asked for fewer calls (HTTP 429). The gateway then sends nothing to the back end for <see cref="RetryAfter"/>, or
    /// for 30 seconds if that is null, and does not count the failure towards its circuit breaker.
    /// </summary>
    public bool SlowDown { get; private init; }

    /// <summary>
    /// Whether the response, such as a redirect, also suggests that the settings are wrong; always false unless the exception was created by
    /// <see cref="OutcomeUnknown"/>. Sending to the back end then stops as it does for <see cref="FailureKind.Misconfigured"/>. If the back end neither
    /// recognises repeats nor can be searched, the report is held at once, and no report is sent as a test until the council file is edited or
    /// an operator resumes sending.
    /// </summary>
    public bool StopSending { get; private init; }

    /// <summary>The errors in the settings; empty unless the exception was created by <see cref="InvalidSettings"/>.</summary>
    public IReadOnlyList<SettingsError> Errors { get; private init; } = [];

    /// <summary>
    /// Creates an exception that states that nothing was created and that a later attempt may succeed: the connection was refused, the back
    /// end answered 429 or 503, or an error in its own format means the same.
    /// </summary>
    /// <param name="message">The reason in plain words. Clients may see it.</param>
    /// <param name="detail">Further information for operators only.</param>
    /// <param name="retryAfter">The wait that the back end asked for (HTTP <c>Retry-After</c>).</param>
    /// <param name="slowDown">Whether the back end asked for fewer calls.</param>
    /// <param name="innerException">The cause, if it is an exception.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException Transient(
        string message, string? detail = null, TimeSpan? retryAfter = null, bool slowDown = false, Exception? innerException = null) =>
        new(FailureKind.Transient, message, detail, innerException) { RetryAfter = retryAfter, SlowDown = slowDown };

    /// <summary>
    /// Creates an exception that states that the back end definitely refuses this report. The report is held for an operator, and other reports
    /// are still sent. When in doubt, use <see cref="Transient"/>.
    /// </summary>
    /// <param name="message">The reason in plain words. Clients see it.</param>
    /// <param name="detail">Further information for operators only.</param>
    /// <param name="innerException">The cause, if it is an exception.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException Rejected(string message, string? detail = null, Exception? innerException = null) =>
        new(FailureKind.Rejected, message, detail, innerException);

    /// <summary>
    /// Creates an exception that states that credentials or settings are wrong, so that every report to this back end would fail. Sending to
    /// the back end stops, except for one report every 15 minutes as a test, and one alert is raised.
    /// </summary>
    /// <param name="message">The reason in plain words. Clients may see it.</param>
    /// <param name="detail">Further information for operators only.</param>
    /// <param name="innerException">The cause, if it is an exception.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException Misconfigured(string message, string? detail = null, Exception? innerException = null) =>
        new(FailureKind.Misconfigured, message, detail, innerException);

    /// <summary>Creates an exception that lists the errors in a back end's settings; see <see cref="IAdapterPlugin.Create"/>.</summary>
    /// <param name="errors">Every error found, at least one.</param>
    /// <returns>The exception to throw; its kind is <see cref="FailureKind.Misconfigured"/>.</returns>
    public static AdapterException InvalidSettings(IReadOnlyList<SettingsError> errors) =>
        new(FailureKind.Misconfigured, "The settings are invalid.", string.Join("; ", errors), null) { Errors = errors };

    /// <summary>
    /// Creates an exception that states that the back end needs more time: the case is not ready, or a number is not assigned yet. The gateway
    /// makes the call again later, and counts no failure.
    /// </summary>
    /// <param name="message">The reason in plain words. Clients may see it.</param>
    /// <param name="detail">Further information for operators only.</param>
    /// <param name="retryAfter">How long to wait before the next attempt; one minute if null.</param>
    /// <param name="innerException">The cause, if it is an exception.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException NotYet(string message, string? detail = null, TimeSpan? retryAfter = null, Exception? innerException = null) =>
        new(FailureKind.NotYet, message, detail, innerException) { RetryAfter = retryAfter };

    /// <summary>
    /// Creates an exception that states that the creating call was sent and no clear answer arrived, so that something may have been created:
    /// no response or only part of one, 408, any 5xx except 503, a redirect, a 4xx without an error body of the back end itself (except 401, 413
    /// and 429), or a web page.
    /// </summary>
    /// <param name="message">The reason in plain words. Clients may see it.</param>
    /// <param name="detail">Further information for operators only. Include an excerpt of the response, which may contain the number of the case.</param>
    /// <param name="stopSending">Whether the response also suggests that the settings are wrong, so that sending to the back end stops.</param>
    /// <param name="innerException">The cause, if it is an exception.</param>
    /// <returns>The exception to throw.</returns>
    public static AdapterException OutcomeUnknown(string message, string? detail = null, bool stopSending = false, Exception? innerException = null) =>
        new(FailureKind.OutcomeUnknown, message, detail, innerException) { StopSending = stopSending };
}

/// <summary>The kinds of failure of an adapter's call. The kind decides what the gateway does next.</summary>
public enum FailureKind
{
    /// <summary>Nothing was created; the gateway retries, for up to 7 days.</summary>
    Transient,

    /// <summary>The back end refuses this report; it is held for an operator.</summary>
    Rejected,

    /// <summary>Credentials or settings are wrong; sending to the back end stops.</summary>
    Misconfigured,

    /// <summary>The back end needs more time; the gateway retries without counting a failure.</summary>
    NotYet,

    /// <summary>
    /// Something may have been created. The gateway queries the back end if the adapter is an <see cref="ISubmissionFinder"/>, retries if the
    /// back end recognises repeats, and holds the delivery for an operator otherwise.
    /// </summary>
    OutcomeUnknown,
}
