using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>Reads the updates of an endpoint. One that cannot be used is reported and does not hide the others.</summary>
internal static class Open311Updates
{
    /// <param name="root">The response.</param>
    /// <param name="learned">The time of the collection, which replaces a date that cannot be read.</param>
    public static UpdateBatch Read(XElement root, DateTimeOffset learned)
    {
        var (updates, problems) = (new List<CouncilUpdate>(), new List<string>());
        foreach (var element in root.Children("request_update"))
        {
            if (element.Text("update_id").Length == 0 && (element.Text("service_request_id").Length == 0 || element.Text("updated_datetime").Length == 0))
            {
                problems.Add("an update without update_id, whose service_request_id or updated_datetime is missing too, was skipped");
                continue;
            }

            var happened = Open311Reader.Time(element, "updated_datetime");
            if (happened is null)
                problems.Add("updated_datetime of an update is missing or invalid, so the time of the collection is used");
            updates.Add(Update(element, happened ?? learned));
        }

        return new UpdateBatch { Updates = [.. updates.OrderBy(u => u.OccurredAt)], Problems = problems };
    }

    private static CouncilUpdate Update(XElement element, DateTimeOffset happened) => new()
    {
        UpdateId = element.Text("update_id") is { Length: > 0 } id ? id : IdOf(element),
        BackEndId = element.Text("service_request_id"),
        Reference = element.TextOrNull("fixmystreet_id"),
        Status = Open311Reader.State(element),
        Description = Open311Reader.Prose(element.Child("description")),
        Title = Open311Reader.Prose(element.Child("title")) is { Length: > 0 } title ? title : null,
        EmailText = Open311Reader.Prose(element.Child("email_text")) is { Length: > 0 } text ? text : null,
        OccurredAt = happened,
        MediaUrls = Open311Reader.Media(element),
        ExternalStatusCode = element.TextOrNull("external_status_code"),
        CustomerReference = element.TextOrNull("customer_reference"),
        Extras = Open311Reader.Extras(element),
    };

    /// <summary>Derives the id of an update that has none from its content.</summary>
    private static string IdOf(XElement element) => UpdateIds.Md5(
        string.Join(
            '\n', element.Text("service_request_id"), element.Text("updated_datetime"), Open311Reader.State(element),
            Open311Reader.Prose(element.Child("description"))),
        32);
}
