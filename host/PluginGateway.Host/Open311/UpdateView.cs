using PluginGateway.Core.Updates;

namespace PluginGateway.Host.Open311;

/// <summary>Writes an update as clients read it.</summary>
internal static class UpdateView
{
    /// <summary>FixMyStreet creates a staff account from these values, so a council's system must not supply them.</summary>
    private const string StaffAccount = "assigned_user_";

    public static void Write(ResponseWriter writer, ServedUpdate served)
    {
        writer.Text("update_id", served.Update.UpdateId);
        writer.Text("service_request_id", served.ReportId);
        writer.Text("status", served.Update.Status);
        writer.Time("updated_datetime", served.Time);
        writer.TextOrEmpty("description", served.Update.Description);
        writer.Text("title", served.Update.Title);
        writer.Text("email_text", served.Update.EmailText);
        writer.Repeated("media_url", [.. served.Update.MediaUrls.Select(u => u.AbsoluteUri)]);
        writer.Text("external_status_code", served.Update.ExternalStatusCode);
        writer.Text("customer_reference", served.Update.CustomerReference);
        writer.Text("fixmystreet_id", served.Update.Reference);
        writer.Values("extras", served.Update.Extras.Where(e => !e.Key.StartsWith(StaffAccount, StringComparison.OrdinalIgnoreCase)));
    }
}
