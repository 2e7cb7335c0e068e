using PluginGateway.Contracts;

namespace PluginGateway.Core.Reports;

/// <summary>
/// A client update as stored. Its member names are separate from those of the contract, so that a change of the contract does not make
/// stored updates unreadable.
/// </summary>
internal sealed record StoredClientUpdate
{
    public required string UpdateId { get; init; }

    public required string BackEndId { get; init; }

    public string? Reference { get; init; }

    public string? ServiceCode { get; init; }

    public required string Status { get; init; }

    public string Description { get; init; } = "";

    public required DateTimeOffset Updated { get; init; }

    public Reporter Author { get; init; } = new();

    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    public IReadOnlyList<Attachment> Attachments { get; init; } = [];

    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    public IReadOnlyList<ReportAnswer> Others { get; init; } = [];

    public static StoredClientUpdate Of(ClientUpdate update) => new()
    {
        UpdateId = update.UpdateId,
        BackEndId = update.BackEndId,
        Reference = update.Reference,
        ServiceCode = update.ServiceCode,
        Status = update.Status,
        Description = update.Description,
        Updated = update.UpdatedAt,
        Author = update.Author,
        MediaUrls = update.MediaUrls,
        Attachments = update.Attachments,
        Answers = update.Answers,
        Others = update.ExtraArguments,
    };

    public ClientUpdate ToUpdate() => new()
    {
        UpdateId = UpdateId,
        BackEndId = BackEndId,
        Reference = Reference,
        ServiceCode = ServiceCode,
        Status = Status,
        Description = Description,
        UpdatedAt = Updated,
        Author = Author,
        MediaUrls = MediaUrls,
        Attachments = Attachments,
        Answers = Answers,
        ExtraArguments = Others,
    };
}

/// <summary>A council update as stored; see <see cref="StoredClientUpdate"/>.</summary>
internal sealed record StoredCouncilUpdate
{
    public required string UpdateId { get; init; }

    public required string BackEndId { get; init; }

    public string? Reference { get; init; }

    public required string Status { get; init; }

    public string Description { get; init; } = "";

    public string? Title { get; init; }

    public string? EmailText { get; init; }

    public required DateTimeOffset Happened { get; init; }

    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    public string? ExternalStatusCode { get; init; }

    public string? CustomerReference { get; init; }

    /// <summary>Sorted by name, so that the same update always has the same bytes; null if there are none.</summary>
    public SortedDictionary<string, string>? Extras { get; init; }

    public static StoredCouncilUpdate Of(CouncilUpdate update) => new()
    {
        UpdateId = update.UpdateId,
        BackEndId = update.BackEndId,
        Reference = update.Reference,
        Status = update.Status,
        Description = update.Description,
        Title = update.Title,
        EmailText = update.EmailText,
        Happened = update.OccurredAt,
        MediaUrls = update.MediaUrls,
        ExternalStatusCode = update.ExternalStatusCode,
        CustomerReference = update.CustomerReference,
        Extras = update.Extras.Count == 0 ? null : new SortedDictionary<string, string>(update.Extras.ToDictionary(), StringComparer.Ordinal),
    };

    public CouncilUpdate ToUpdate() => new()
    {
        UpdateId = UpdateId,
        BackEndId = BackEndId,
        Reference = Reference,
        Status = Status,
        Description = Description,
        Title = Title,
        EmailText = EmailText,
        OccurredAt = Happened,
        MediaUrls = MediaUrls,
        ExternalStatusCode = ExternalStatusCode,
        CustomerReference = CustomerReference,
        Extras = Extras is null ? new Dictionary<string, string>(StringComparer.Ordinal) : Extras,
    };
}
