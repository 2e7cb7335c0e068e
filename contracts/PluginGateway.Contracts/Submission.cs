namespace PluginGateway.Contracts;

/// <summary>The result of creating a report at the back end.</summary>
public sealed record Submission
{
    /// <summary>The back end's id of the case, without the prefix of the council file; null if it assigns none, like a mailbox.</summary>
    public string? BackEndId { get; init; }

    /// <summary>A reference for citizens, if it differs from the id; null otherwise.</summary>
    public string? Reference { get; init; }

    /// <summary>A notice for the reporter in plain text, such as "We will inspect it within 5 days"; truncated to 4,000 characters.</summary>
    public string? Notice { get; init; }

    /// <summary>The remaining work. Each item becomes a separate delivery. <see cref="IFollowUpRunner"/> runs them in this order.</summary>
    public IReadOnlyList<FollowUp> FollowUps { get; init; } = [];

    /// <summary>
    /// An excerpt of the back end's response, for operators. Before it is stored, personal data and keys are removed, and it is truncated to
    /// 4,000 characters.
    /// </summary>
    public string? ResponseExcerpt { get; init; }
}

/// <summary>Work that remains after a case was created, such as uploading the second picture or setting a reference.</summary>
public sealed record FollowUp
{
    /// <summary>The kind of work, in the adapter's own terms; unique within the submission.</summary>
    public required string Kind { get; init; }

    /// <summary>The data that the adapter needs for it. It survives restarts and replacements of the plug-in.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long to wait before the first attempt, from when the case was created.</summary>
    public TimeSpan NotBefore { get; init; }
}

/// <summary>The result of a follow-up.</summary>
public sealed record FollowUpResult
{
    /// <summary>The follow-up is done.</summary>
    public static FollowUpResult Done { get; } = new();

    /// <summary>How long to wait before the next attempt, because the back end needs more time, at most 12 hours; null if the follow-up is done.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The result of searching for a report after its response was lost.</summary>
public sealed record LookupResult
{
    /// <summary>The report is not at the back end.</summary>
    public static LookupResult Absent { get; } = new() { Outcome = LookupOutcome.Absent };

    /// <summary>The search does not show whether the report is at the back end.</summary>
    public static LookupResult Inconclusive { get; } = new() { Outcome = LookupOutcome.Inconclusive };

    /// <summary>The outcome of the search.</summary>
    public required LookupOutcome Outcome { get; init; }

    /// <summary>The case; set if and only if it was found.</summary>
    public Submission? Submission { get; init; }

    /// <summary>Returns the result for a report that was found.</summary>
    /// <param name="submission">The case at the back end.</param>
    /// <returns>The result.</returns>
    public static LookupResult Found(Submission submission) => new() { Outcome = LookupOutcome.Found, Submission = submission };
}

/// <summary>The outcomes of a search for a report.</summary>
public enum LookupOutcome
{
    /// <summary>The report is at the back end.</summary>
    Found,

    /// <summary>The report is not at the back end. It is sent again after two such outcomes in a row, five minutes apart.</summary>
    Absent,

    /// <summary>
    /// The search does not show whether the report is at the back end. It is repeated every five minutes for up to 24 hours; then the delivery
    /// is held for an operator.
    /// </summary>
    Inconclusive,
}
