using System.Globalization;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>Reads the responses of an endpoint. Elements are found by local name; the name of the root element is ignored.</summary>
internal static class Open311Reader
{
    public static IEnumerable<(Service Service, bool HasDefinition)> Services(XElement root)
    {
        foreach (var element in root.Elements().Where(e => e.Name.LocalName == "service"))
        {
            var (code, name) = (element.Text("service_code"), element.Text("service_name"));
            if (code.Length == 0 || name.Length == 0)
                continue;

            var groups = element.Child("groups")?.Elements().Select(g => g.Value.Trim()) ?? Values(element, "group");
            yield return (
                new Service
                {
                    Code = code,
                    Name = name,
                    Description = element.Text("description"),
                    Groups = [.. groups.Where(g => g.Length > 0)],
                    Keywords = element.Text("keywords").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                    // The adapter resolves the endpoint's tokens, so clients always receive an id.
                    Type = ServiceType.Realtime,
                },
                IsTrue(element, "metadata"));
        }
    }

    public static IReadOnlyList<ServiceAttribute> Attributes(XElement root) =>
    [
        .. (root.Child("attributes")?.Elements() ?? [])
            .Where(a => a.Text("code").Length > 0)
            .OrderBy(a => int.TryParse(a.Text("order"), CultureInfo.InvariantCulture, out var order) ? order : int.MaxValue)
            .Select(Attribute),
    ];

    /// <summary>Returns the case that was created, or the token that will lead to it.</summary>
    public static (Submission? Submission, string? Token) Created(XElement root)
    {
        if (Resolved(root) is { } submission)
            return (submission, null);
        if (root.Elements().FirstOrDefault(e => e.Name.LocalName == "request") is { } request && request.Text("token") is { Length: > 0 } token)
            return (null, token);

        throw AdapterException.OutcomeUnknown(
            "The council's system accepted the report but did not return a case number.", "2xx without service_request_id or token");
    }

    /// <summary>Returns the case if the response contains its number; otherwise null.</summary>
    public static Submission? Resolved(XElement root) =>
        root.Elements().FirstOrDefault(e => e.Name.LocalName == "request") is { } request && request.Text("service_request_id") is { Length: > 0 } id
            ? new Submission { BackEndId = id, Notice = request.TextOrNull("service_notice"), ResponseExcerpt = $"service_request_id {id}" }
            : null;

    public static string? UpdateId(XElement root) =>
        root.Elements().FirstOrDefault(e => e.Name.LocalName == "request_update") is { } update ? update.TextOrNull("update_id") : null;

    public static IReadOnlyList<string> Errors(XElement root) =>
        [.. root.Elements().Where(e => e.Name.LocalName == "error").Select(e => e.Text("description")).Where(d => d.Length > 0)];

    public static IReadOnlyList<CouncilUpdate> Updates(XElement root) =>
    [
        .. root.Elements().Where(e => e.Name.LocalName == "request_update" && e.Text("update_id").Length > 0 && Time(e, "updated_datetime") is not null)
            .Select(e => new CouncilUpdate
            {
                UpdateId = e.Text("update_id"),
                BackEndId = e.Text("service_request_id"),
                Reference = e.TextOrNull("fixmystreet_id"),
                Status = State(e),
                Description = e.Text("description"),
                OccurredAt = Time(e, "updated_datetime")!.Value,
                MediaUrls = Media(e),
                ExternalStatusCode = e.TextOrNull("external_status_code"),
                CustomerReference = e.TextOrNull("customer_reference"),
                Extras = Extras(e),
            })
            .OrderBy(u => u.OccurredAt),
    ];

    public static IReadOnlyList<CouncilRequest> Requests(XElement root) =>
    [
        .. root.Elements().Where(e => e.Name.LocalName == "request" && e.Text("service_request_id").Length > 0)
            .Select(e => new CouncilRequest
            {
                BackEndId = e.Text("service_request_id"),
                Status = State(e),
                StatusNotes = e.TextOrNull("status_notes"),
                ServiceCode = e.Text("service_code"),
                ServiceName = e.Text("service_name"),
                Description = e.Text("description"),
                Location = new ReportLocation
                {
                    Latitude = Degrees(e, "lat"),
                    Longitude = Degrees(e, "long"),
                    Address = e.TextOrNull("address"),
                    AddressId = e.TextOrNull("address_id"),
                },
                RequestedAt = Time(e, "requested_datetime") ?? DateTimeOffset.UnixEpoch,
                UpdatedAt = Time(e, "updated_datetime") ?? Time(e, "requested_datetime") ?? DateTimeOffset.UnixEpoch,
                ExpectedAt = Time(e, "expected_datetime"),
                MediaUrls = Media(e),
                Extras = Extras(e),
            }),
    ];

    private static ServiceAttribute Attribute(XElement element) => new()
    {
        Code = element.Text("code"),
        Description = element.Text("description"),
        Type = Enum.TryParse<AttributeType>(element.Text("datatype"), ignoreCase: true, out var type) ? type : AttributeType.String,
        TypeDescription = element.Text("datatype_description"),
        Required = IsTrue(element, "required"),
        Variable = !string.Equals(element.Text("variable"), "false", StringComparison.OrdinalIgnoreCase),
        Automated = element.Text("automated") switch
        {
            "server_set" => AttributeAutomation.ServerSet,
            "hidden_field" => AttributeAutomation.HiddenField,
            _ => AttributeAutomation.None,
        },
        Values =
        [
            .. (element.Child("values")?.Elements() ?? []).Where(v => v.Text("key").Length > 0).DistinctBy(v => v.Text("key"))
                .Select(v => new AttributeValue { Key = v.Text("key"), Name = v.Text("name"), DisableMessage = v.TextOrNull("disable_message") }),
        ],
    };

    /// <summary>Returns the status in lower case and with underscores, because endpoints differ in how they write it.</summary>
    private static string State(XElement element) => element.Text("status").ToLowerInvariant().Replace(' ', '_');

    private static IReadOnlyList<Uri> Media(XElement element) =>
        [.. Values(element, "media_url").Select(u => Uri.TryCreate(u, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null)
            .OfType<Uri>()];

    /// <summary>Returns the plain-text values of <c>extras</c> (mySociety's extension).</summary>
    private static Dictionary<string, string> Extras(XElement element) =>
        (element.Child("extras")?.Elements() ?? []).Where(e => !e.HasElements && e.Value.Trim().Length > 0).DistinctBy(e => e.Name.LocalName)
            .ToDictionary(e => e.Name.LocalName, e => e.Value.Trim(), StringComparer.Ordinal);

    private static DateTimeOffset? Time(XElement element, string name) =>
        DateTimeOffset.TryParse(element.Text(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static double? Degrees(XElement element, string name) =>
        double.TryParse(element.Text(name), CultureInfo.InvariantCulture, out var degrees) && double.IsFinite(degrees) ? degrees : null;

    private static bool IsTrue(XElement element, string name) => string.Equals(element.Text(name), "true", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Values(XElement element, string name) =>
        element.Elements().Where(e => e.Name.LocalName == name).Select(e => e.Value.Trim());
}
