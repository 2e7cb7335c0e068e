using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Host.Open311;

/// <summary>A report as clients see it, from the database or from a back end.</summary>
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

    /// <summary>The service with its questions; null for a report from a back end.</summary>
    public Service? Service { get; init; }

    public IReadOnlyList<ReportAnswer> Answers { get; init; } = [];

    public bool Private { get; init; }

    /// <summary>Further values from the back end.</summary>
    public IReadOnlyDictionary<string, string> Extras { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Writes the report (GeoReport v2, GET Service Requests). Unknown values are empty in XML and omitted in JSON.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="exactStatus">Whether the client understands more statuses than open and closed.</param>
    public void Write(ResponseWriter writer, bool exactStatus)
    {
        writer.Text("service_request_id", Id);
        writer.Text("status", exactStatus && Status != "unchanged" && StatusWords.IsKnown(Status) ? Status : StatusWords.Plain(Status));
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

    /// <summary>
    /// Writes the report with <c>extensions=true</c>, in the form that Chicago and Boston use: the exact status, the answers (only for callers with a
    /// key, because they can name people) and the history.
    /// </summary>
    public void WriteExtended(ResponseWriter writer, bool toKeyed, bool exactStatus)
    {
        Write(writer, exactStatus);
        writer.StartObject("extended_attributes");
        writer.Text("detailed_status", Status);
        writer.Flag("private", Private);
        writer.EndObject();
        writer.Values("extras", Extras);
        if (toKeyed)
            WriteAnswers(writer);
        writer.StartChildren("notes", "note");
        Note(writer, Requested, "Reported", null, "opened");
        if (Status != "open" || StatusNotes is not null)
            Note(writer, Updated, Status.Replace('_', ' '), StatusNotes, StatusWords.Plain(Status) == "closed" ? "closed" : "updated");
        writer.EndChildren();
    }

    private void WriteAnswers(ResponseWriter writer)
    {
        writer.StartChildren("attributes", "attribute");
        foreach (var question in Service?.Attributes.Where(a => a.Variable && a.Automated == AttributeAutomation.None) ?? [])
            if (Answers.FirstOrDefault(a => a.Code == question.Code) is { } answer)
            {
                writer.StartItem();
                writer.Text("code", question.Code);
                writer.Text("name", question.Description);
                writer.Repeated("value", answer.Values);
                writer.EndItem();
            }

        writer.EndChildren();
    }

    private static void Note(ResponseWriter writer, DateTimeOffset at, string summary, string? description, string type)
    {
        writer.StartItem();
        writer.Time("datetime", at);
        writer.Text("summary", summary);
        writer.TextOrEmpty("description", description);
        writer.Text("type", type);
        writer.EndItem();
    }
}
