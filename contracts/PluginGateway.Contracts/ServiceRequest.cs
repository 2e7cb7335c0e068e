namespace PluginGateway.Contracts;

/// <summary>A report, as the client gave it and after the gateway checked it.</summary>
public sealed record ServiceRequest
{
    /// <summary>The gateway's own id of the report: <c>PG</c> and 13 characters. Always there, whatever id the client was told.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// The client's own reference, the best one to send on: FixMyStreet's report number, say. Null if the client gave none.
    /// </summary>
    public string? Reference { get; init; }

    /// <summary>1 for the first content; more when the client sent the report again with other content.</summary>
    public int Revision { get; init; } = 1;

    /// <summary>Ids under which earlier revisions of this report were delivered; oldest first, usually empty.</summary>
    public IReadOnlyList<string> EarlierIds { get; init; } = [];

    /// <summary>The service, as its owner publishes it (without prefix), with its questions.</summary>
    public required Service Service { get; init; }

    /// <summary>What the reporter wrote. Line breaks are <c>\n</c>; may hold anything else, HTML too, so escape it where it matters.</summary>
    public string Description { get; init; } = "";

    /// <summary>Where it is.</summary>
    public required ReportLocation Location { get; init; }

    /// <summary>Who reported it; every part may be missing.</summary>
    public Reporter Reporter { get; init; } = new();

    /// <summary>The answers, in the order they came; also those to codes that the service does not define.</summary>
    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    /// <summary>Addresses of pictures; http or https.</summary>
    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>Files that came with the report.</summary>
    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    /// <summary>When the gateway received it.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>What the planner of the service's owner decided; null when there is none.</summary>
    public RequestPlan? Plan { get; init; }

    /// <summary>The only answer to a question, or the first of several.</summary>
    /// <param name="code">The attribute's code; case counts.</param>
    /// <returns>The answer, or null when there is none.</returns>
    public string? Answer(string code) =>
        Answers.FirstOrDefault(a => string.Equals(a.Code, code, StringComparison.Ordinal)) is { Values: [var first, ..] } ? first : null;
}

/// <summary>Where a report is: a point, an address, or both. At least one is there.</summary>
public sealed record ReportLocation
{
    /// <summary>Degrees north, WGS 84.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east, WGS 84.</summary>
    public double? Longitude { get; init; }

    /// <summary>The address as people write it.</summary>
    public string? Address { get; init; }

    /// <summary>The council's own id of the address.</summary>
    public string? AddressId { get; init; }
}

/// <summary>The person who reported.</summary>
public sealed record Reporter
{
    /// <summary>First name.</summary>
    public string? FirstName { get; init; }

    /// <summary>Last name.</summary>
    public string? LastName { get; init; }

    /// <summary>E-mail address, as given: it need not be a valid one.</summary>
    public string? Email { get; init; }

    /// <summary>Telephone number, as given.</summary>
    public string? Phone { get; init; }

    /// <summary>The id of the account at the reporting site.</summary>
    public string? AccountId { get; init; }

    /// <summary>The id of the device.</summary>
    public string? DeviceId { get; init; }
}

/// <summary>The answers to one question.</summary>
public sealed record ReportAnswer
{
    /// <summary>The attribute's code, as the client sent it.</summary>
    public required string Code { get; init; }

    /// <summary>The answers; keys of the possible values when the question has some.</summary>
    public required IReadOnlyList<string> Values { get; init; }
}

/// <summary>A file that came with a report or update. Its bytes are read with <see cref="AdapterContext.OpenAttachmentAsync"/>.</summary>
public sealed record Attachment
{
    /// <summary>The gateway's id of it.</summary>
    public required long Id { get; init; }

    /// <summary>A file name without folders and control characters.</summary>
    public required string FileName { get; init; }

    /// <summary>The media type, from the bytes where they tell.</summary>
    public required string ContentType { get; init; }

    /// <summary>Length in bytes.</summary>
    public required long Length { get; init; }
}
