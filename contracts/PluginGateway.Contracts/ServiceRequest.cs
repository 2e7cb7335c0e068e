namespace PluginGateway.Contracts;

/// <summary>A report as the client sent it and the gateway validated it.</summary>
public sealed record ServiceRequest
{
    /// <summary>
    /// The gateway's own id of the report: <c>PG</c> and 13 characters. It is always present, even if the client was given another id.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>
    /// The client's own reference: its attribute <c>fixmystreet_id</c>, or else its <c>Idempotency-Key</c>; null if the client sent neither.
    /// Prefer it to <see cref="Id"/> if the back end stores one reference.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>1 for the first content, and 1 more for each change of the content.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>
    /// The ids of earlier revisions that were sent, as clients know them (with the back end's prefix, or the gateway's own ids), oldest first;
    /// usually empty.
    /// </summary>
    public IReadOnlyList<string> EarlierIds { get; init; } = [];

    /// <summary>The service with its questions, as its back end publishes it (code without prefix).</summary>
    public required Service Service { get; init; }

    /// <summary>
    /// What the reporter wrote, at most 65,536 characters; may be empty. Line breaks are <c>\n</c>. The text can contain anything, including
    /// HTML, so escape it where necessary.
    /// </summary>
    public string Description { get; init; } = "";

    /// <summary>The location of the problem.</summary>
    public required ReportLocation Location { get; init; }

    /// <summary>The person who reported; every member may be null.</summary>
    public Reporter Reporter { get; init; } = new();

    /// <summary>The answers in the order in which they arrived, including answers to codes that the service does not define.</summary>
    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    /// <summary>Links to pictures; http or https, at most 20.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>Files that were uploaded with the report.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>When the gateway received the report.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>
    /// The plan of the adapter that publishes the service; null if that adapter is no <see cref="IRequestPlanner"/>, or has not returned a plan.
    /// </summary>
    public RequestPlan? Plan { get; init; }

    /// <summary>Returns the answer to a question, or the first one if there are several.</summary>
    /// <param name="code">The attribute's code; case-sensitive.</param>
    /// <returns>The answer; null if there is none.</returns>
    public string? Answer(string code) =>
        Answers.FirstOrDefault(a => string.Equals(a.Code, code, StringComparison.Ordinal)) is { Values: [var first, ..] } ? first : null;
}

/// <summary>
/// The location of a report: coordinates, an address, or the id of an address. All are null if the reporter did not set the pin and entered no
/// address.
/// </summary>
public sealed record ReportLocation
{
    /// <summary>The latitude in degrees, WGS 84; null if and only if <see cref="Longitude"/> is null.</summary>
    public double? Latitude { get; init; }

    /// <summary>The longitude in degrees, WGS 84; null if and only if <see cref="Latitude"/> is null.</summary>
    public double? Longitude { get; init; }

    /// <summary>The address as free text.</summary>
    public string? Address { get; init; }

    /// <summary>The council's id of the address (GeoReport v2, <c>address_id</c>).</summary>
    public string? AddressId { get; init; }
}

/// <summary>The person who reported a problem or wrote an update.</summary>
public sealed record Reporter
{
    /// <summary>The first name.</summary>
    public string? FirstName { get; init; }

    /// <summary>The last name.</summary>
    public string? LastName { get; init; }

    /// <summary>The e-mail address as entered; it may be invalid.</summary>
    public string? Email { get; init; }

    /// <summary>The telephone number as entered; it may be invalid.</summary>
    public string? Phone { get; init; }

    /// <summary>The id of the person's account at the reporting site.</summary>
    public string? AccountId { get; init; }

    /// <summary>The id of the person's device.</summary>
    public string? DeviceId { get; init; }
}

/// <summary>The answers to one question.</summary>
public sealed record ReportAnswer
{
    /// <summary>The attribute's code, as the client sent it.</summary>
    public required string Code { get; init; }

    /// <summary>The answers. For a list, these are the keys of its values.</summary>
    public required IReadOnlyList<string> Values { get; init; }
}

/// <summary>A file that was uploaded with a report or update. Open its content with <see cref="AdapterContext.Attachments"/>.</summary>
public sealed record Attachment
{
    /// <summary>The gateway's id of the file.</summary>
    public required long Id { get; init; }

    /// <summary>The file name: letters, digits, blanks, full stops, hyphens and underscores, with an extension for its type.</summary>
    public required string FileName { get; init; }

    /// <summary>The media type, detected from the content; <c>application/octet-stream</c> for an unknown type.</summary>
    public required string ContentType { get; init; }

    /// <summary>The length in bytes.</summary>
    public required long Length { get; init; }
}
