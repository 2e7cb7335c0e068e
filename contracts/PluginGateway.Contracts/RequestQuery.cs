namespace PluginGateway.Contracts;

/// <summary>Which reports to read from a back end: by their ids, or by a time window.</summary>
public sealed record RequestQuery
{
    /// <summary>The back end's ids of the cases, without the prefix of the council file. If there are any, the window is ignored.</summary>
    public IReadOnlyList<string> BackEndIds { get; init; } = [];

    /// <summary>The earliest time of change; null for no limit.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>The latest time of change; null for no limit.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>The <see cref="RequestPage.NextPageToken"/> of the previous page; null for the first page.</summary>
    public string? PageToken { get; init; }
}

/// <summary>One page of reports.</summary>
public sealed record RequestPage
{
    /// <summary>The reports. A requested id that is missing here does not exist.</summary>
    public IReadOnlyList<CouncilRequest> Requests { get; init; } = [];

    /// <summary>The token of the next page; null when this is the last page.</summary>
    public string? NextPageToken { get; init; }

    /// <summary>
    /// What was wrong with items of the answer that were skipped: one text per item, for operators, without personal data. The gateway counts and logs
    /// them.
    /// </summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>A report as the back end returns it.</summary>
public sealed record CouncilRequest
{
    /// <summary>The back end's id of the case, without the prefix of the council file.</summary>
    public required string BackEndId { get; init; }

    /// <summary>
    /// The status in lower case: <c>open</c>, <c>in_progress</c>, <c>fixed</c>, <c>closed</c> and so on. Clients see an unknown status as open.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>Why the case has this status.</summary>
    public string? StatusNotes { get; init; }

    /// <summary>The service code, without prefix.</summary>
    public string ServiceCode { get; init; } = "";

    /// <summary>The name of the service.</summary>
    public string ServiceName { get; init; } = "";

    /// <summary>What was reported.</summary>
    public string Description { get; init; } = "";

    /// <summary>Where it is.</summary>
    public ReportLocation Location { get; init; } = new();

    /// <summary>When it was reported.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it is expected to be done.</summary>
    public DateTimeOffset? ExpectedAt { get; init; }

    /// <summary>Links to pictures.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>
    /// Whether the case must not be shown to the public (<c>non_public</c> in mySociety's extension). The gateway shows such a case only to clients with an
    /// API key of the council. Set it also if the back end does not say whether a case is public but its kind suggests that it is not.
    /// </summary>
    public bool NonPublic { get; init; }

    /// <summary>
    /// Further values by name, as the back end and its clients have agreed. Clients that request <c>extensions=true</c> receive them as
    /// <c>extras</c> (mySociety's extension). The names follow the same rules as those of <see cref="CouncilUpdate.Extras"/>; others are
    /// omitted. The values must not contain personal data.
    /// </summary>
    public IReadOnlyDictionary<string, string> Extras { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}
