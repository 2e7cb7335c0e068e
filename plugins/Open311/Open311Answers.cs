using System.Globalization;
using System.Xml.Linq;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>What an endpoint's answers say. Elements are read by local name; the name of the root does not matter.</summary>
internal static class Open311Answers
{
    public static IEnumerable<(Service Service, bool HasDefinition)> Services(XElement root)
    {
        foreach (var element in root.Elements().Where(e => e.Name.LocalName == "service"))
        {
            var (code, name) = (Text(element, "service_code"), Text(element, "service_name"));
            if (code.Length == 0 || name.Length == 0)
                continue;

            var groups = Child(element, "groups")?.Elements().Select(g => g.Value.Trim()) ?? Values(element, "group");
            yield return (
                new Service
                {
                    Code = code,
                    Name = name,
                    Description = Text(element, "description"),
                    Groups = [.. groups.Where(g => g.Length > 0)],
                    Keywords = Text(element, "keywords").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
                    // The endpoint's tokens are resolved here, so that clients always get an id.
                    Type = ServiceType.Realtime,
                },
                IsTrue(element, "metadata"));
        }
    }

    public static IReadOnlyList<ServiceAttribute> Attributes(XElement root) =>
    [
        .. (Child(root, "attributes")?.Elements() ?? [])
            .Where(a => Text(a, "code").Length > 0)
            .OrderBy(a => int.TryParse(Text(a, "order"), CultureInfo.InvariantCulture, out var order) ? order : int.MaxValue)
            .Select(Attribute),
    ];

    /// <summary>The case that was made, or the token it will be known by.</summary>
    public static (Submission? Submission, string? Token) Created(XElement root)
    {
        if (Resolved(root) is { } submission)
            return (submission, null);
        if (root.Elements().FirstOrDefault(e => e.Name.LocalName == "request") is { } request && Text(request, "token") is { Length: > 0 } token)
            return (null, token);

        throw AdapterException.OutcomeUnknown("The council's system took the report and gave no number.", "2xx without service_request_id or token");
    }

    /// <summary>The case, if the answer has its number; else null.</summary>
    public static Submission? Resolved(XElement root) =>
        root.Elements().FirstOrDefault(e => e.Name.LocalName == "request") is { } request && Text(request, "service_request_id") is { Length: > 0 } id
            ? new Submission { BackEndId = id, Notice = Optional(request, "service_notice"), Excerpt = $"service_request_id {id}" }
            : null;

    public static string? UpdateId(XElement root) =>
        root.Elements().FirstOrDefault(e => e.Name.LocalName == "request_update") is { } update ? Optional(update, "update_id") : null;

    public static IReadOnlyList<string> Errors(XElement root) =>
        [.. root.Elements().Where(e => e.Name.LocalName == "error").Select(e => Text(e, "description")).Where(d => d.Length > 0)];

    public static IReadOnlyList<CouncilUpdate> Updates(XElement root) =>
    [
        .. root.Elements().Where(e => e.Name.LocalName == "request_update" && Text(e, "update_id").Length > 0 && Time(e, "updated_datetime") is not null)
            .Select(e => new CouncilUpdate
            {
                UpdateId = Text(e, "update_id"),
                BackEndId = Text(e, "service_request_id"),
                Reference = Optional(e, "fixmystreet_id"),
                Status = State(e),
                Description = Text(e, "description"),
                Happened = Time(e, "updated_datetime")!.Value,
                MediaUrls = Media(e),
                ExternalStatusCode = Optional(e, "external_status_code"),
                CustomerReference = Optional(e, "customer_reference"),
            })
            .OrderBy(u => u.Happened),
    ];

    public static IReadOnlyList<CouncilRequest> Requests(XElement root) =>
    [
        .. root.Elements().Where(e => e.Name.LocalName == "request" && Text(e, "service_request_id").Length > 0)
            .Select(e => new CouncilRequest
            {
                BackEndId = Text(e, "service_request_id"),
                Status = State(e),
                StatusNotes = Optional(e, "status_notes"),
                ServiceCode = Text(e, "service_code"),
                ServiceName = Text(e, "service_name"),
                Description = Text(e, "description"),
                Location = new ReportLocation
                {
                    Latitude = Degrees(e, "lat"),
                    Longitude = Degrees(e, "long"),
                    Address = Optional(e, "address"),
                    AddressId = Optional(e, "address_id"),
                },
                Requested = Time(e, "requested_datetime") ?? DateTimeOffset.UnixEpoch,
                Updated = Time(e, "updated_datetime") ?? Time(e, "requested_datetime") ?? DateTimeOffset.UnixEpoch,
                Expected = Time(e, "expected_datetime"),
                MediaUrls = Media(e),
            }),
    ];

    private static ServiceAttribute Attribute(XElement element) => new()
    {
        Code = Text(element, "code"),
        Description = Text(element, "description"),
        Type = Enum.TryParse<AttributeType>(Text(element, "datatype"), ignoreCase: true, out var type) ? type : AttributeType.String,
        TypeDescription = Text(element, "datatype_description"),
        Required = IsTrue(element, "required"),
        Variable = !string.Equals(Text(element, "variable"), "false", StringComparison.OrdinalIgnoreCase),
        Automated = Text(element, "automated") switch
        {
            "server_set" => AttributeAutomation.ServerSet,
            "hidden_field" => AttributeAutomation.HiddenField,
            _ => AttributeAutomation.None,
        },
        Values =
        [
            .. (Child(element, "values")?.Elements() ?? []).Where(v => Text(v, "key").Length > 0).DistinctBy(v => Text(v, "key"))
                .Select(v => new AttributeValue { Key = Text(v, "key"), Name = Text(v, "name"), DisableMessage = Optional(v, "disable_message") }),
        ],
    };

    /// <summary>In lower case with underscores, whatever the endpoint makes of it.</summary>
    private static string State(XElement element) => Text(element, "status").ToLowerInvariant().Replace(' ', '_');

    private static IReadOnlyList<Uri> Media(XElement element) =>
        [.. Values(element, "media_url").Select(u => Uri.TryCreate(u, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null).OfType<Uri>()];

    private static DateTimeOffset? Time(XElement element, string name) =>
        DateTimeOffset.TryParse(Text(element, name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    private static double? Degrees(XElement element, string name) =>
        double.TryParse(Text(element, name), CultureInfo.InvariantCulture, out var degrees) && double.IsFinite(degrees) ? degrees : null;

    private static bool IsTrue(XElement element, string name) => string.Equals(Text(element, name), "true", StringComparison.OrdinalIgnoreCase);

    private static XElement? Child(XElement element, string name) => element.Elements().FirstOrDefault(e => e.Name.LocalName == name);

    private static IEnumerable<string> Values(XElement element, string name) => element.Elements().Where(e => e.Name.LocalName == name).Select(e => e.Value.Trim());

    private static string Text(XElement element, string name) => Child(element, name)?.Value.Trim() ?? "";

    private static string? Optional(XElement element, string name) => Text(element, name) is { Length: > 0 } text ? text : null;
}
