namespace PluginGateway.Contracts;

/// <summary>News about a report from the client, on its way to the council.</summary>
public sealed record ClientUpdate
{
    /// <summary>The client's id of the update: stable, the back end may recognise repeats by it.</summary>
    public required string UpdateId { get; init; }

    /// <summary>The back end's id of the case.</summary>
    public required string BackEndId { get; init; }

    /// <summary>
    /// The client's own number of the report, when it came with the update (FixMyStreet: <c>service_request_id_ext</c>): all that is known of
    /// a case that is older than the gateway.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>The report, when the gateway knows it.</summary>
    public ServiceRequest? Request { get; init; }

    /// <summary>
    /// The service the client says the report is of, without prefix; null when it says none. FixMyStreet sends it where the council's system
    /// needs it; it matters for cases that the gateway does not know.
    /// </summary>
    public string? ServiceCode { get; init; }

    /// <summary>The state the client gives the report, in upper case: <c>OPEN</c>, <c>CLOSED</c>, <c>IN_PROGRESS</c> …</summary>
    public required string Status { get; init; }

    /// <summary>The text; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>When the update was made.</summary>
    public required DateTimeOffset Updated { get; init; }

    /// <summary>Who made it.</summary>
    public Reporter Author { get; init; } = new();

    /// <summary>Addresses of pictures.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>Files that came with the update.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>Further answers, as the client sent them.</summary>
    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    /// <summary>
    /// Arguments that came beside those of the standard, by their names: what a council and its reporting site agreed on (FixMyStreet and
    /// Bexley: <c>nsg_ref</c>).
    /// </summary>
    public IReadOnlyList<ReportAnswer> Others { get; init; } = [];
}

/// <summary>How the back end took a client's update.</summary>
public sealed record UpdateSubmission
{
    /// <summary>The back end's id of the update; null when it gives none.</summary>
    public string? BackEndId { get; init; }

    /// <summary>Why the update was not sent on, in words for an operator; null when it was.</summary>
    public string? Skipped { get; init; }
}

/// <summary>News about a report from the council.</summary>
public sealed record CouncilUpdate
{
    /// <summary>Deterministic and stable for ever: the same news read twice has the same id, changed news another.</summary>
    public required string UpdateId { get; init; }

    /// <summary>The back end's id of the case, without prefix.</summary>
    public required string BackEndId { get; init; }

    /// <summary>The client's reference of the report, when the back end knows only that.</summary>
    public string? Reference { get; init; }

    /// <summary>The new state, in lower case: <c>open</c>, <c>in_progress</c>, <c>fixed</c> …; <c>unchanged</c> for none.</summary>
    public required string Status { get; init; }

    /// <summary>The text; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>When it happened, by the back end's clock.</summary>
    public required DateTimeOffset Happened { get; init; }

    /// <summary>Addresses of pictures.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>The back end's own code of the state.</summary>
    public string? ExternalStatusCode { get; init; }

    /// <summary>The reference that citizens know the case by.</summary>
    public string? CustomerReference { get; init; }
}

/// <summary>Where a collection of updates goes on.</summary>
public sealed record Collection
{
    /// <summary>The earliest time of interest.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>The latest time of interest.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>What the last collection gave as <see cref="Collected.Cursor"/>; null at the first.</summary>
    public string? Cursor { get; init; }

    /// <summary>
    /// Stores the bytes of a read that the back end forgets, before anything else is done with them. Durable when it returns; the
    /// document is then given to the adapter's <see cref="IDocumentReader"/>. The stream is read to its end and not disposed.
    /// </summary>
    public required Func<string, Stream, CancellationToken, Task> KeepAsync { get; init; }
}

/// <summary>What a collection brought.</summary>
public sealed record Collected
{
    /// <summary>The updates, oldest first.</summary>
    public IReadOnlyList<CouncilUpdate> Updates { get; init; } = [];

    /// <summary>Where the next collection goes on; null to keep the last one.</summary>
    public string? Cursor { get; init; }
}
