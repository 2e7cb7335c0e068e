namespace PluginGateway.Contracts;

/// <summary>An update from a client for the council.</summary>
public sealed record ClientUpdate
{
    /// <summary>The client's id of the update. It is stable, so that a back end can recognise repeats by it.</summary>
    public required string UpdateId { get; init; }

    /// <summary>The back end's id of the case, without the prefix of the council file.</summary>
    public required string BackEndId { get; init; }

    /// <summary>
    /// The client's own number of the report, if the client sent it with the update (FixMyStreet's <c>service_request_id_ext</c>). For a case
    /// that was not created through the gateway, no other reference is known.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>The report; null if the gateway does not know it, or its content was deleted after the retention period.</summary>
    public ServiceRequest? Request { get; init; }

    /// <summary>
    /// The service code that the client sent with the update, without prefix; null if it sent none. FixMyStreet sends it for back ends that
    /// need it. It is useful for cases that the gateway does not know.
    /// </summary>
    public string? ServiceCode { get; init; }

    /// <summary>The status that the client states, in upper case: <c>OPEN</c>, <c>CLOSED</c>, <c>IN_PROGRESS</c> and so on.</summary>
    public required string Status { get; init; }

    /// <summary>The text; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>When the update was written; if the client did not state it, when the gateway received it.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The person who wrote it.</summary>
    public Reporter Author { get; init; } = new();

    /// <summary>Links to pictures; http or https.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>Files that were uploaded with the update.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>Further answers (<c>attribute[CODE]</c>), as the client sent them.</summary>
    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    /// <summary>
    /// All other form fields of the update, such as <c>title</c>, or what a council and its reporting site have agreed. An example is FixMyStreet's
    /// <c>nsg_ref</c> for Bexley.
    /// </summary>
    public IReadOnlyList<ReportAnswer> ExtraArguments { get; init; } = [];
}

/// <summary>The result of sending a client's update to the back end.</summary>
public sealed record UpdateSubmission
{
    /// <summary>The back end's id of the update; null if it assigns none.</summary>
    public string? BackEndId { get; init; }

    /// <summary>Why the update was not sent, for operators; null if it was sent. It is not retried.</summary>
    public string? SkippedReason { get; init; }
}

/// <summary>An update from the council for clients.</summary>
public sealed record CouncilUpdate
{
    /// <summary>
    /// The id of the update, 1 to 200 characters, unique for the back end. It must not change: the same update has the same id each time it is
    /// read. If the status or the description of an update changes but its id does not, the gateway passes it on as a new update with a derived id.
    /// Other changes are ignored. If the back end assigns no ids, derive it from the content.
    /// </summary>
    public required string UpdateId { get; init; }

    /// <summary>The back end's id of the case, without the prefix of the council file, at most 200 characters; empty if only the reference is known.</summary>
    public required string BackEndId { get; init; }

    /// <summary>The client's reference of the report, at most 200 characters. It identifies the case if <see cref="BackEndId"/> is empty.</summary>
    public string? Reference { get; init; }

    /// <summary>
    /// The new status in lower case: <c>open</c>, <c>in_progress</c>, <c>fixed</c> and so on; <c>unchanged</c> for none. Clients receive an
    /// unknown status as <c>unchanged</c>, with the original as <see cref="ExternalStatusCode"/> if that is null.
    /// </summary>
    public required string Status { get; init; }

    /// <summary>The text; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>The title of the update, which clients receive as <c>title</c> (mySociety's extension); null for none.</summary>
    public string? Title { get; init; }

    /// <summary>
    /// The text of the e-mail about the update, which clients receive as <c>email_text</c> (mySociety's extension); null if it is the same as
    /// <see cref="Description"/>.
    /// </summary>
    public string? EmailText { get; init; }

    /// <summary>When it occurred, by the back end's clock. An update that is more than a day in the future is refused.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>
    /// Links to pictures (http or https), or pictures in data URLs, which the gateway stores: JPEG, PNG, GIF, WebP or TIFF. Other links are skipped and
    /// reported.
    /// </summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>The back end's own status code.</summary>
    public string? ExternalStatusCode { get; init; }

    /// <summary>The reference under which citizens know the case.</summary>
    public string? CustomerReference { get; init; }

    /// <summary>
    /// Further values by name, as the back end and its clients have agreed; clients receive them as <c>extras</c> (mySociety's extension).
    /// A name has at most 50 characters: a letter or an underscore, followed by letters, digits, underscores, hyphens and full stops (all ASCII).
    /// It must not start with <c>xml</c> (XML 1.0, 2.3). Values with other names, and those after the first 50, are skipped and reported. Values
    /// must not contain personal data. Names that start with <c>assigned_user_</c> are stored but not sent to clients, because FixMyStreet would
    /// create a staff account from them.
    /// </summary>
    public IReadOnlyDictionary<string, string> Extras { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>Which updates to collect, and where to continue.</summary>
public sealed record UpdateWindow
{
    /// <summary>
    /// The start of the time window: 7 days ago for the first collection, and then 2 hours before the end of the previous window, because back
    /// ends return some updates late. An update that is collected again is recognised by its id.
    /// </summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>The end of the time window: now.</summary>
    public required DateTimeOffset End { get; init; }

    /// <summary>The last <see cref="UpdateBatch.Cursor"/> that a collection returned; null if none has returned one.</summary>
    public string? Cursor { get; init; }

    /// <summary>Stores content that the back end may not return again. Use it before you process the content.</summary>
    public required IDocumentSink Documents { get; init; }
}

/// <summary>The updates of one collection.</summary>
public sealed record UpdateBatch
{
    /// <summary>The updates, oldest first.</summary>
    public IReadOnlyList<CouncilUpdate> Updates { get; init; } = [];

    /// <summary>Where the next collection continues; null to keep the previous cursor. It must not contain secrets.</summary>
    public string? Cursor { get; init; }

    /// <summary>
    /// What was wrong with items of the answer that were skipped, or could only be read in part: one text per item, for operators, without personal
    /// data. The gateway counts and logs them, and collects the window again for a day. An item that cannot be used must not hide the others.
    /// </summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
