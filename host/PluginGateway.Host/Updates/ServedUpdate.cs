using PluginGateway.Contracts;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host.Updates;

/// <summary>An update as clients read it.</summary>
internal sealed record ServedUpdate
{
    public required string ReportId { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required CouncilUpdate Update { get; init; }

    public void Write(AnswerWriter writer)
    {
        writer.Text("update_id", Update.UpdateId);
        writer.Text("service_request_id", ReportId);
        writer.Text("status", Update.Status);
        writer.Time("updated_datetime", Time);
        writer.TextOrEmpty("description", Update.Description);
        writer.Repeated("media_url", [.. Update.MediaUrls.Select(u => u.AbsoluteUri)]);
        writer.Text("external_status_code", Update.ExternalStatusCode);
        writer.Text("customer_reference", Update.CustomerReference);
        writer.Text("fixmystreet_id", Update.Reference);
    }
}
