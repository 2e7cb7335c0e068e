namespace PluginGateway.Contracts;

/// <summary>An update from a client, on its way to the council.</summary>
public sealed record ClientUpdate
{
    /// <summary>The client's id of the update. It is stable, so that a back end can recognise repeats by it.</summary>
    public required string UpdateId { get; init; }

    /// <summary>The back end's id of the case.</summary>
    public required string BackEndId { get; init; }

    /// <summary>
    /// The client's own number of the report, if it came with the update (FixMyStreet's <c>service_request_id_ext</c>). For a case that is
    /// older than the gateway, nothing else is known.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>The report, if the gateway knows it.</summary>
    public ServiceRequest? Request { get; init; }

    /// <summary>
    /// The service code that the client sent with the update, without prefix; null if it sent none. FixMyStreet sends it for back ends that
    /// need it. It is useful for cases that the gateway does not know.
    /// </summary>
    public string? ServiceCode { get; init; }

    /// <summary>The status that the client gives the report, in upper case: <c>OPEN</c>, <c>CLOSED</c>, <c>IN_PROGRESS</c> and so on.</summary>
    public required string Status { get; init; }

    /// <summary>The text; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>When the update was written.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The person who wrote it.</summary>
    public Reporter Author { get; init; } = new();

    /// <summary>Links to pictures; http or https.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>Files that came with the update.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>Further answers (<c>attribute[CODE]</c>), as the client sent them.</summary>
    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    /// <summary>
    /// Arguments that are not part of the standard, by their names, as a council and its reporting site have agreed; <c>nsg_ref</c> between
    /// FixMyStreet and Bexley is an example.
    /// </summary>
    public IReadOnlyList<ReportAnswer> ExtraArguments { get; init; } = [];
}

/// <summary>The result of sending a client's update to the back end.</summary>
public sealed record UpdateSubmission
{
    /// <summary>The back end's id of the update; null if it assigns none.</summary>
    public string? BackEndId { get; init; }

    /// <summary>Why the update was not sent, in words for an operator; null if it was sent.</summary>
    public string? SkippedReason { get; init; }
}

/// <summary>An update from the council, on its way to the clients.</summary>
public sealed record CouncilUpdate
{
    /// <summary>
    /// The id of the update, at most 200 characters. It must be derived from the update's content and never change: the same update has the
    /// same id each time it is read, and a changed update has a new one.
    /// </summary>
    public required string UpdateId { get; init; }

    /// <summary>The back end's id of the case, without prefix.</summary>
    public required string BackEndId { get; init; }

    /// <summary>The client's reference of the report, if the back end knows nothing else.</summary>
    public string? Reference { get; init; }

    /// <summary>The new status in lower case: <c>open</c>, <c>in_progress</c>, <c>fixed</c> and so on; <c>unchanged</c> for none.</summary>
    public required string Status { get; init; }

    /// <summary>The text; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>When it happened, by the back end's clock.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>Links to pictures; http or https.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>The back end's own status code.</summary>
    public string? ExternalStatusCode { get; init; }

    /// <summary>The reference that citizens know the case by.</summary>
    public string? CustomerReference { get; init; }

    /// <summary>
    /// Further values by name, as the back end and its clients have agreed; clients receive them as <c>extras</c> (mySociety's extension).
    /// A name starts with a letter or an underscore, followed by letters, digits, underscores, hyphens and full stops, 50 characters at most;
    /// others are skipped and logged. Values must not contain personal data. Names that start with <c>assigned_user_</c> are stored and
    /// not passed on, because FixMyStreet would create a staff account from them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Extras { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>Which updates to collect, and where to continue.</summary>
public sealed record UpdateWindow
{
    /// <summary>The start of the time window.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>The end of the time window.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>The <see cref="UpdateBatch.Cursor"/> of the previous collection; null for the first.</summary>
    public string? Cursor { get; init; }

    /// <summary>Stores what the back end will not return again, before anything else is done with it.</summary>
    public required IDocumentSink Documents { get; init; }
}

/// <summary>The updates of one collection.</summary>
public sealed record UpdateBatch
{
    /// <summary>The updates, oldest first.</summary>
    public IReadOnlyList<CouncilUpdate> Updates { get; init; } = [];

    /// <summary>Where the next collection continues; null to keep the previous cursor.</summary>
    public string? Cursor { get; init; }
}
