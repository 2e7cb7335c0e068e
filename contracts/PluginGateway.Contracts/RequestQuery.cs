namespace PluginGateway.Contracts;

/// <summary>Which reports to read from a back end: by ids, or by window.</summary>
public sealed record RequestQuery
{
    /// <summary>Back-end ids; when there are any, nothing else counts.</summary>
    public IReadOnlyList<string> BackEndIds { get; init; } = [];

    /// <summary>Earliest change.</summary>
    public DateTimeOffset? Start { get; init; }

    /// <summary>Latest change.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>What the last page gave as <see cref="RequestPage.Next"/>; null for the first.</summary>
    public string? Page { get; init; }
}

/// <summary>One page of reports.</summary>
public sealed record RequestPage
{
    /// <summary>The reports; an id that was asked for and is missing here does not exist.</summary>
    public IReadOnlyList<CouncilRequest> Requests { get; init; } = [];

    /// <summary>How to ask for the next page; null when this is the last.</summary>
    public string? Next { get; init; }
}

/// <summary>A report as the back end tells it.</summary>
public sealed record CouncilRequest
{
    /// <summary>The back end's id of the case.</summary>
    public required string BackEndId { get; init; }

    /// <summary>The state in lower case: <c>open</c>, <c>in_progress</c>, <c>fixed</c>, <c>closed</c> …</summary>
    public required string Status { get; init; }

    /// <summary>Why it is in that state.</summary>
    public string? StatusNotes { get; init; }

    /// <summary>The service's code, without prefix.</summary>
    public string ServiceCode { get; init; } = "";

    /// <summary>The service's name.</summary>
    public string ServiceName { get; init; } = "";

    /// <summary>What was reported.</summary>
    public string Description { get; init; } = "";

    /// <summary>Where it is.</summary>
    public ReportLocation Location { get; init; } = new();

    /// <summary>When it was reported.</summary>
    public required DateTimeOffset Requested { get; init; }

    /// <summary>When it changed last.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>When it is expected to be done.</summary>
    public DateTimeOffset? Expected { get; init; }

    /// <summary>Pictures.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];
}
