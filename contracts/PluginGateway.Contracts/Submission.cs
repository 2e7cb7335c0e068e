namespace PluginGateway.Contracts;

/// <summary>The result of creating a report at the back end.</summary>
public sealed record Submission
{
    /// <summary>The back end's id of the case, unchanged; null if it assigns none, as a mailbox does.</summary>
    public string? BackEndId { get; init; }

    /// <summary>A reference for citizens, if it differs from the id.</summary>
    public string? Reference { get; init; }

    /// <summary>A notice for the reporter in plain text, such as "We will inspect it within 5 days".</summary>
    public string? Notice { get; init; }

    /// <summary>The remaining work. Each item becomes a job of its own, run in this order by <see cref="IFollowUpRunner"/>.</summary>
    public IReadOnlyList<FollowUp> FollowUps { get; init; } = [];

    /// <summary>
    /// An excerpt of the back end's response, for operators. Personal data and keys are removed and it is shortened before it is stored.
    /// </summary>
    public string? ResponseExcerpt { get; init; }
}

/// <summary>Work that remains after a report was created, such as uploading the second picture or setting a reference.</summary>
public sealed record FollowUp
{
    /// <summary>What kind of work it is, in the adapter's own terms; unique within the submission.</summary>
    public required string Kind { get; init; }

    /// <summary>The data that the adapter needs for it. It survives restarts and replacements of the plug-in.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long to wait before the first try.</summary>
    public TimeSpan NotBefore { get; init; }
}

/// <summary>The result of a follow-up.</summary>
public sealed record FollowUpResult
{
    /// <summary>The follow-up is done.</summary>
    public static FollowUpResult Done { get; } = new();

    /// <summary>When to try again, because the back end needs more time; null when the follow-up is done.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The result of searching for a report whose answer was lost.</summary>
public sealed record LookupResult
{
    /// <summary>The report is not at the back end.</summary>
    public static LookupResult Absent { get; } = new() { Outcome = LookupOutcome.Absent };

    /// <summary>The back end cannot say.</summary>
    public static LookupResult Inconclusive { get; } = new() { Outcome = LookupOutcome.Inconclusive };

    /// <summary>The outcome of the search.</summary>
    public required LookupOutcome Outcome { get; init; }

    /// <summary>The case, if it was found.</summary>
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

    /// <summary>The report is not at the back end. It is sent again after two of these, minutes apart.</summary>
    Absent,

    /// <summary>The back end cannot say.</summary>
    Inconclusive,
}
