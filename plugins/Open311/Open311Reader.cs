using System.Globalization;
using System.Net;
using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
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

            var groups = element.Child("groups")?.Elements().Select(g => g.OwnText()) ?? Values(element, "group");
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

    /// <summary>Returns the codes of the services whose reports get no ids (GeoReport v2, type <c>blackbox</c>).</summary>
    public static HashSet<string> BlackboxServices(XElement root) =>
        root.Children("service").Where(e => e.Text("type").Equals("blackbox", StringComparison.OrdinalIgnoreCase)).Select(e => e.Text("service_code"))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>
    /// Returns the case that was created, or the token that will lead to it: from the body or, if the body contains neither, from the address in
    /// the <c>Location</c> header. Both are null if the response contains neither.
    /// </summary>
    public static (Submission? Submission, string? Token) Created(HttpResult answer, XElement? root)
    {
        if (root is not null && Resolved(root) is { } submission)
            return (submission, null);
        if (root.Child("request").TextOrNull("token") is { } token)
            return (null, token);

        // A body that cannot be parsed may still contain the id, but the tokens in a web page are its own.
        string? Searched(string name) => root is null && !answer.IsWebPage ? Open311Body.Search(answer, name) : null;
        return (Searched("service_request_id") ?? PathId(answer.Location, "requests")) is { } id
            ? (Created(id, Notice(root)), null)
            : (null, Searched("token") ?? PathId(answer.Location, "tokens"));
    }

    /// <summary>Returns the case if the response contains its number; otherwise null.</summary>
    public static Submission? Resolved(XElement root) =>
        root.Child("request").TextOrNull("service_request_id") is { } id ? Created(id, Notice(root)) : null;

    public static string? Notice(XElement? root) => Prose(root.Child("request").Child("service_notice")) is { Length: > 0 } notice ? notice : null;

    /// <summary>Returns the endpoint's id of an update; null if it assigned none.</summary>
    public static string? UpdateId(HttpResult answer, XElement? root) => root is null
        ? (answer.IsWebPage ? null : Open311Body.Search(answer, "update_id")) ?? throw answer.Unreadable("no Open311 response")
        : root.Child("request_update").TextOrNull("update_id");

    /// <summary>Whether a response contains reports, updates or services, and not only errors.</summary>
    public static bool HasItems(XElement root) => root.Elements().Any(e => e.Name.LocalName is "request" or "request_update" or "service");

    public static IReadOnlyList<(string Code, string Words)> Errors(XElement root) =>
    [
        .. (root.Name.LocalName == "error" ? [root] : root.Children("error").Concat(root.Child("errors").Children("error")))
            .Select(e => (e.Text("code"), Prose(e.Child("description")))).Where(e => e.Item2.Length > 0),
    ];

    /// <summary>
    /// Returns the HTTP status that corresponds to errors in a response with status 2xx. Endpoints write it as the code, or a longer code that begins
    /// with it. Without such a code, the report was refused.
    /// </summary>
    public static HttpStatusCode StatusOf(IReadOnlyList<(string Code, string Words)> errors)
    {
        foreach (var (code, _) in errors)
            if (code.Length >= 3 && int.TryParse(code.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
                && status is >= 400 and < 600)
                return (HttpStatusCode)status;
        return HttpStatusCode.BadRequest;
    }

    public static IReadOnlyList<CouncilUpdate> Updates(XElement root) =>
    [
        .. root.Elements().Where(e => e.Name.LocalName == "request_update" && e.Text("update_id").Length > 0 && Time(e, "updated_datetime") is not null)
            .Select(e => new CouncilUpdate
            {
                UpdateId = e.Text("update_id"),
                BackEndId = e.Text("service_request_id"),
                Reference = e.TextOrNull("fixmystreet_id"),
                Status = State(e),
                Description = Prose(e.Child("description")),
                Title = e.TextOrNull("title"),
                EmailText = Prose(e.Child("email_text")) is { Length: > 0 } text ? text : null,
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
                StatusNotes = Prose(e.Child("status_notes")) is { Length: > 0 } notes ? notes : null,
                ServiceCode = e.Text("service_code"),
                ServiceName = e.Text("service_name"),
                Description = Prose(e.Child("description")),
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

    private static Submission Created(string id, string? notice) => new() { BackEndId = id, Notice = notice, ResponseExcerpt = $"service_request_id {id}" };

    /// <summary>Returns the last part of an address such as <c>/v2/requests/123.xml</c>; null for any other address.</summary>
    private static string? PathId(Uri? address, string resource)
    {
        if (address is null)
            return null;

        var path = address.IsAbsoluteUri ? address.AbsolutePath : address.OriginalString.Split('?', '#')[0];
        if (path.TrimEnd('/').Split('/') is not [.., var parent, var last] || parent != resource)
            return null;

        var end = last.EndsWith(".xml", StringComparison.OrdinalIgnoreCase) ? 4 : last.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? 5 : 0;
        return Uri.UnescapeDataString(last[..^end]).Trim() is { Length: > 0 } id ? id : null;
    }

    /// <summary>Returns a text for people. Elements in it are markup; their texts are separated by spaces.</summary>
    private static string Prose(XElement? element) => element is null ? ""
        : element.HasElements ? string.Join(' ', element.DescendantNodes().OfType<XText>().Select(t => t.Value.Trim()).Where(t => t.Length > 0))
        : element.Value.Trim();

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
        [.. Values(element, "media_url").Select(u => Uri.TryCreate(u, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "data" ? url : null)
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
        element.Children(name).Select(e => e.OwnText());
}
