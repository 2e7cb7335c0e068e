namespace PluginGateway.Contracts;

/// <summary>A report was created at the back end.</summary>
public sealed record Submission
{
    /// <summary>The back end's id of the case, byte for byte; null when it gives none (a mailbox).</summary>
    public string? BackEndId { get; init; }

    /// <summary>A reference to tell citizens, when it is another one than the id.</summary>
    public string? Reference { get; init; }

    /// <summary>A notice for the reporter: "we will look at it within 5 days". Plain text.</summary>
    public string? Notice { get; init; }

    /// <summary>What is still to do; each becomes a job of its own, run in this order by <see cref="IFollowUpRunner"/>.</summary>
    public IReadOnlyList<FollowUp> FollowUps { get; init; } = [];

    /// <summary>What the back end said, for operators; redacted and cut before it is stored.</summary>
    public string? Excerpt { get; init; }
}

/// <summary>Something left to do after the create: attach the second picture, set the reference number.</summary>
public sealed record FollowUp
{
    /// <summary>What is to do, in the adapter's own words; unique within the submission.</summary>
    public required string Kind { get; init; }

    /// <summary>What the adapter needs to do it; survives restarts and swaps of the plug-in.</summary>
    public IReadOnlyDictionary<string, string> Data { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How long to wait before the first try.</summary>
    public TimeSpan NotBefore { get; init; }
}

/// <summary>How a follow-up ended.</summary>
public sealed record FollowUpResult
{
    /// <summary>It is done.</summary>
    public static FollowUpResult Done { get; } = new();

    /// <summary>Not yet: try again after this time. Null when it is done.</summary>
    public TimeSpan? NotYetAfter { get; init; }
}

/// <summary>What a search for a report whose answer was lost found.</summary>
public sealed record Finding
{
    /// <summary>The report is not there.</summary>
    public static Finding Absent { get; } = new() { Result = FindingResult.Absent };

    /// <summary>The back end cannot say.</summary>
    public static Finding CannotTell { get; } = new() { Result = FindingResult.CannotTell };

    /// <summary>What was found.</summary>
    public required FindingResult Result { get; init; }

    /// <summary>The case, when it was found.</summary>
    public Submission? Submission { get; init; }

    /// <summary>The report is there.</summary>
    /// <param name="submission">What was created.</param>
    /// <returns>The finding.</returns>
    public static Finding Found(Submission submission) => new() { Result = FindingResult.Found, Submission = submission };
}

/// <summary>The results of a search.</summary>
public enum FindingResult
{
    /// <summary>It is there.</summary>
    Found,

    /// <summary>It is not there. Two of these, minutes apart, allow it to be sent again.</summary>
    Absent,

    /// <summary>It cannot be told.</summary>
    CannotTell,
}
