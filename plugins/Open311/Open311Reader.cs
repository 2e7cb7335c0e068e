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
    /// <summary>The number of elements in which an item or an error is searched for, because endpoints nest them differently.</summary>
    private const int MaxSearched = 100;

    public static IEnumerable<(Service Service, bool HasDefinition)> Services(XElement root)
    {
        foreach (var element in root.Elements().Where(e => e.Name.LocalName == "service"))
        {
            // A service without a code or a name is not skipped here: the gateway counts and logs such services.
            var (code, name) = (element.Text("service_code"), Prose(element.Child("service_name")));
            var groups = element.Child("groups")?.Elements().Select(g => g.LeafText()) ?? Values(element, "group");
            yield return (
                new Service
                {
                    Code = code,
                    Name = name,
                    Description = Prose(element.Child("description")),
                    Groups = [.. groups.Where(g => g.Length > 0)],
                    Keywords = element.Text("keywords").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                    // The adapter resolves the endpoint's tokens, so clients always receive an id.
                    Type = ServiceType.Realtime,
                },
                code.Length > 0 && IsTrue(element, "metadata"));
        }
    }

    public static IReadOnlyList<ServiceAttribute> Attributes(XElement root) =>
    [
        .. (Definition(root).Child("attributes")?.Elements() ?? [])
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
    /// the <c>Location</c> header of a response with status 201 or 202. Both are null if the response contains neither.
    /// </summary>
    public static (Submission? Submission, string? Token) Created(HttpResult answer, XElement? root)
    {
        if (root is not null && Resolved(root) is { } submission)
            return (submission, null);
        if ((Id(Item(root, "request"), "token") ?? Leaf(root, "token")) is { } token)
            return (null, token);

        // A body that cannot be parsed may still contain the id.
        string? Searched(string name) => root is null ? Open311Body.Search(answer, name) : null;
        var address = answer is { Status: HttpStatusCode.Created or HttpStatusCode.Accepted, IsWebPage: false } ? answer.Location : null;
        return (Searched("service_request_id") ?? PathId(address, "requests")) is { } id
            ? (Created(id, Notice(root)), null)
            : (null, Searched("token") ?? PathId(address, "tokens"));
    }

    /// <summary>Returns the case if the response contains its number; otherwise null.</summary>
    public static Submission? Resolved(XElement root) =>
        (Id(Item(root, "request"), "service_request_id") ?? Leaf(root, "service_request_id")) is { } id ? Created(id, Notice(root)) : null;

    public static string? Notice(XElement? root) => Prose(Item(root, "request").Child("service_notice")) is { Length: > 0 } notice ? notice : null;

    /// <summary>Returns the endpoint's id of an update; null if it assigned none.</summary>
    public static string? UpdateId(HttpResult answer, XElement? root) => Item(root, "request_update") is { } update
        ? Id(update, "update_id")
        : (root is null ? Open311Body.Search(answer, "update_id") : null) ?? throw answer.Unreadable("no Open311 response");

    /// <summary>
    /// Whether a response is what the endpoint should send: it contains items, or it is an empty list. Anything else, such as a page that happens to
    /// be XML, must not count as an empty list.
    /// </summary>
    /// <param name="root">The root element.</param>
    /// <param name="item">The name of an item's element; empty for a service definition.</param>
    public static bool IsExpected(XElement root, string item) => item.Length == 0
        ? Definition(root) is not null
        : root.Children(item).Any() || Item(root, item) is not null || (!root.HasElements && root.Value.Trim().Length == 0)
            || root.Name.LocalName is "services" or "requests" or "service_requests" or "request_updates" or "service_request_updates";

    /// <summary>Whether a response contains an item with an id, and not only errors.</summary>
    public static bool HasItem(XElement root, string item) => item.Length == 0
        ? Definition(root) is not null
        : Item(root, item) is { } found
            && (Id(found, "service_request_id") ?? Id(found, "token") ?? Id(found, "update_id") ?? Id(found, "service_code")) is not null;

    public static IReadOnlyList<(string Code, string Words)> Errors(XElement root) =>
    [
        .. root.DescendantsAndSelf().Take(MaxSearched).Where(e => e.Name.LocalName == "error").Select(e => (e.Text("code"), Words(e)))
            .Where(e => e.Item2.Length > 0),
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

    public static RequestPage Requests(XElement root)
    {
        var items = root.Children("request").ToLookup(e => e.Text("service_request_id").Length > 0);
        return new RequestPage
        {
            Requests = [.. items[true].Select(Request)],
            Problems = [.. items[false].Select(_ => "a report without service_request_id was skipped")],
        };
    }

    private static CouncilRequest Request(XElement e) => new()
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
        NonPublic = e.Text("non_public") is not ("" or "0") and var flag && !flag.Equals("false", StringComparison.OrdinalIgnoreCase),
        Extras = Extras(e),
    };

    /// <summary>Returns the first item with an id, or else the first item.</summary>
    private static XElement? Item(XElement? root, string name)
    {
        var found = root?.DescendantsAndSelf().Take(MaxSearched).Where(e => e.Name.LocalName == name).ToList() ?? [];
        return found.Find(e => e.Elements().Any(c => c.Name.LocalName is "service_request_id" or "token" or "update_id")) ?? found.FirstOrDefault()
            ?? (name == "request" && Id(root, "service_request_id") is not null ? root : null);
    }

    private static string? Id(XElement? element, string name) => element.Text(name) is var text && Open311Body.IsId(text) ? text : null;

    /// <summary>Returns the message of an error: its description, or else its text, or else its code.</summary>
    private static string Words(XElement error)
    {
        var words = Prose(error.Child("description")) is { Length: > 0 } description ? description
            : string.Join(' ', error.Elements().Where(e => e.Name.LocalName != "code").Select(Prose).Prepend(error.LeafText()).Where(t => t.Length > 0));
        // An element that only states that there is no error is not one.
        return Open311Body.IsId(words) ? words : Open311Body.IsId(error.Text("code")) ? $"The council's system reported error {error.Text("code")}." : "";
    }

    /// <summary>Returns the element with the definition of a service; null if there is none.</summary>
    private static XElement? Definition(XElement root) => root.DescendantsAndSelf().Take(MaxSearched)
        .FirstOrDefault(e => e.Name.LocalName == "service_definition" || e.Child("attributes") is not null || e.Child("service_code") is not null);

    /// <summary>Returns the only id with a name, wherever it is.</summary>
    private static string? Leaf(XElement? root, string name) =>
        root?.DescendantsAndSelf().Take(MaxSearched).Where(e => e.Name.LocalName == name).Select(e => e.LeafText()).Where(Open311Body.IsId)
            .Distinct(StringComparer.Ordinal).ToList() is [var id] ? id : null;

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
        return Uri.UnescapeDataString(last[..^end]).Trim() is var id && Open311Body.IsId(id) ? id : null;
    }

    /// <summary>Returns text that people read. Elements in it are treated as markup; their texts are separated by spaces.</summary>
    public static string Prose(XElement? element) => element is null ? ""
        : element.HasElements ? string.Join(' ', element.DescendantNodes().OfType<XText>().Select(t => t.Value.Trim()).Where(t => t.Length > 0))
        : element.Value.Trim();

    private static ServiceAttribute Attribute(XElement element) => new()
    {
        Code = element.Text("code"),
        Description = Prose(element.Child("description")),
        Type = Enum.TryParse<AttributeType>(element.Text("datatype"), ignoreCase: true, out var type) ? type : AttributeType.String,
        TypeDescription = Prose(element.Child("datatype_description")),
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
                .Select(v => new AttributeValue { Key = v.Text("key"), Name = Prose(v.Child("name")), DisableMessage = v.TextOrNull("disable_message") }),
        ],
    };

    /// <summary>Returns the status in lower case and with underscores, because endpoints differ in how they write it.</summary>
    public static string State(XElement element) => element.Text("status").ToLowerInvariant().Replace(' ', '_');

    public static IReadOnlyList<Uri> Media(XElement element) =>
        [.. Values(element, "media_url").Select(u => Uri.TryCreate(u, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "data" ? url : null)
            .OfType<Uri>()];

    /// <summary>Returns the plain-text values of <c>extras</c> (mySociety's extension).</summary>
    public static Dictionary<string, string> Extras(XElement element) =>
        (element.Child("extras")?.Elements() ?? []).Where(e => !e.HasElements && e.Value.Trim().Length > 0).DistinctBy(e => e.Name.LocalName)
            .ToDictionary(e => e.Name.LocalName, e => e.Value.Trim(), StringComparer.Ordinal);

    /// <summary>
    /// Returns a time in ISO 8601 or in the format of HTTP headers; null for any other, because a date such as 03/04/2026 has two meanings. A time without
    /// an offset is UTC.
    /// </summary>
    public static DateTimeOffset? Time(XElement element, string name)
    {
        var text = element.Text(name);
        if (text.EndsWith("UTC", StringComparison.Ordinal))
            text = text[..^3].TrimEnd() + "Z";
        var isIso = text.Length >= 10 && char.IsAsciiDigit(text[0]) && text[4] == '-';
        return (isIso || text.EndsWith("GMT", StringComparison.Ordinal))
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                ? time
                : null;
    }

    private static double? Degrees(XElement element, string name) =>
        double.TryParse(element.Text(name), CultureInfo.InvariantCulture, out var degrees) && double.IsFinite(degrees) ? degrees : null;

    private static bool IsTrue(XElement element, string name) => string.Equals(element.Text(name), "true", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<string> Values(XElement element, string name) =>
        element.Children(name).Select(e => e.LeafText());
}
