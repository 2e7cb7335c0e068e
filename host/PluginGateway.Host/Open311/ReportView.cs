using PluginGateway.Contracts;

namespace PluginGateway.Host.Open311;

/// <summary>A report as clients read it, whether it is the gateway's own or only the back end's.</summary>
internal sealed record ReportView
{
    public required string Id { get; init; }

    public required string Status { get; init; }

    public string? StatusNotes { get; init; }

    public required string ServiceName { get; init; }

    public required string ServiceCode { get; init; }

    public required string Description { get; init; }

    public string? Agency { get; init; }

    public required DateTimeOffset Requested { get; init; }

    public required DateTimeOffset Updated { get; init; }

    public DateTimeOffset? Expected { get; init; }

    public required ReportLocation Location { get; init; }

    public IReadOnlyList<Uri> MediaUrls { get; init; } = [];

    /// <summary>GeoReport v2, GET Service Requests: what is unknown is empty in XML and left out of JSON.</summary>
    public void Write(AnswerWriter writer)
    {
        writer.Text("service_request_id", Id);
        writer.Text("status", StatusWords.Plain(Status));
        writer.Text("status_notes", StatusNotes);
        writer.TextOrEmpty("service_name", ServiceName);
        writer.Text("service_code", ServiceCode);
        writer.TextOrEmpty("description", Description);
        writer.Text("agency_responsible", Agency);
        writer.Time("requested_datetime", Requested);
        writer.Time("updated_datetime", Updated);
        writer.Time("expected_datetime", Expected);
        writer.TextOrEmpty("address", Location.Address);
        writer.TextOrEmpty("address_id", Location.AddressId);
        writer.TextOrEmpty("zipcode", null);
        writer.Coordinate("lat", Location.Latitude);
        writer.Coordinate("long", Location.Longitude);
        writer.Repeated("media_url", [.. MediaUrls.Select(u => u.AbsoluteUri)]);
    }
}
