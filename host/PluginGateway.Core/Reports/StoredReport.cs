using PluginGateway.Contracts;

namespace PluginGateway.Core.Reports;

/// <summary>
/// The content of a revision as stored: what the client sent. The service, which thousands of reports share, is stored separately and only
/// once; the ids and the current plan are stored in separate columns.
/// </summary>
internal sealed record StoredReport
{
    public string? Reference { get; init; }

    public string Description { get; init; } = "";

    public required ReportLocation Location { get; init; }

    public required Reporter Reporter { get; init; }

    public required IReadOnlyList<ReportAnswer> Answers { get; init; }

    public IReadOnlyList<Uri>? MediaUrls { get; init; }

    public IReadOnlyList<Attachment>? Attachments { get; init; }

    public required DateTimeOffset Received { get; init; }

    public RequestPlan? Plan { get; init; }

    public static StoredReport Of(ServiceRequest request) => new()
    {
        Reference = request.Reference,
        Description = request.Description,
        Location = request.Location,
        Reporter = request.Reporter,
        Answers = request.Answers,
        MediaUrls = request.MediaUrls is [] ? null : request.MediaUrls,
        Attachments = request.Attachments is [] ? null : request.Attachments,
        Received = request.ReceivedAt,
        Plan = request.Plan,
    };

    public ServiceRequest ToRequest(string id, int revision, Service service) => new()
    {
        Id = id,
        Revision = revision,
        Service = service,
        Reference = Reference,
        Description = Description,
        Location = Location,
        Reporter = Reporter,
        Answers = Answers,
        MediaUrls = MediaUrls ?? [],
        Attachments = Attachments ?? [],
        ReceivedAt = Received,
        Plan = Plan,
    };
}
