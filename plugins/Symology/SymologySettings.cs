using System.Text.Json;
using System.Text.Json.Serialization;
using PluginGateway.Adapters.Toolkit.Categories;

namespace PluginGateway.Adapters.Symology;

/// <summary>The settings of a Symology back end in a council file. They contain everything that differs between councils.</summary>
public sealed class SymologySettings
{
    /// <summary>The address of the web service.</summary>
    public required string EndpointUrl { get; init; }

    /// <summary>The user name to authenticate with. If set, the operations whose names end in <c>Authenticated</c> are called.</summary>
    public string? EndpointUsername { get; set; }

    /// <summary>The password for <see cref="EndpointUsername"/>.</summary>
    public string? EndpointPassword { get; set; }

    /// <summary>The user under whom reports and updates are recorded (<c>UserName</c>).</summary>
    public required string Username { get; init; }

    /// <summary>The prefix of the client's reference.</summary>
    public string ExternalIdPrefix { get; set; } = "";

    /// <summary>The name of the reporting site in a case's description.</summary>
    public string SiteName { get; set; } = "FixMyStreet";

    /// <summary>Fields of every request, unless the category or a rule sets them.</summary>
    public IReadOnlyDictionary<string, string> RequestDefaults { get; set; } = new Dictionary<string, string>();

    /// <summary><c>CustomerType</c> and <c>ContactType</c>, unless a rule sets them.</summary>
    public IReadOnlyDictionary<string, string> CustomerDefaults { get; set; } = new Dictionary<string, string>();

    /// <summary>The lines of the additional fields that contain URLs.</summary>
    public SymologyFieldLines Fields { get; set; } = new();

    /// <summary>Further additional fields.</summary>
    public IReadOnlyList<SymologyField> ExtraFields { get; set; } = [];

    /// <summary>Codes of further attributes that the reporting site fills in.</summary>
    public IReadOnlyList<string> Attributes { get; set; } = [];

    /// <summary>Codes of attributes that are not added to the description.</summary>
    public IReadOnlyList<string> NotInDescription { get; set; } = [];

    /// <summary>The categories by code.</summary>
    public required IReadOnlyDictionary<string, Category> Categories { get; init; }

    /// <summary>Rules that can change <c>Description</c> before URLs and answers are appended to it.</summary>
    public JsonElement DescriptionRules { get; set; }

    /// <summary>Rules for reports of every category. They are applied after the rules of the category.</summary>
    public JsonElement Rules { get; set; }

    /// <summary>Rules that decide <c>EventType</c> and <c>NextAction</c> of a client's update.</summary>
    public JsonElement EventRules { get; set; }

    /// <summary>How the council's updates are collected.</summary>
    public SymologyUpdates Updates { get; set; } = new();
}

/// <summary>The lines of the additional fields that contain URLs.</summary>
public sealed class SymologyFieldLines
{
    /// <summary>The line of the report's URL.</summary>
    public int? Url { get; set; }

    /// <summary>The first line for pictures.</summary>
    public int? PhotoStart { get; set; }

    /// <summary>The last line for pictures.</summary>
    public int? PhotoEnd { get; set; }

    /// <summary>The value type of pictures (<c>ValueType</c>).</summary>
    public int PhotoType { get; set; } = 8;

    /// <summary>The value type of the report's URL; by default, that of pictures.</summary>
    public int? UrlType { get; set; }
}

/// <summary>An additional field.</summary>
public sealed class SymologyField
{
    /// <summary>The number of the line (<c>FieldLine</c>).</summary>
    public required int Line { get; init; }

    /// <summary>The value type (<c>ValueType</c>); 1 is text.</summary>
    public int Type { get; set; } = 1;

    /// <summary>The value (<c>DataValue</c>). Inputs in braces are replaced by their values; an empty result is sent as nil.</summary>
    public required string Value { get; init; }
}

/// <summary>How the council's updates are read from files.</summary>
public sealed class SymologyUpdates
{
    /// <summary>URLs of the CSV files to fetch.</summary>
    public IReadOnlyList<string> Urls { get; set; } = [];

    /// <summary>The column with the case number.</summary>
    public string CaseColumn { get; set; } = "CRNo";

    /// <summary>The column with the date and time.</summary>
    public string DateColumn { get; set; } = "History Date/Time";

    /// <summary>The format of dates, which are in the council's local time.</summary>
    public string DateFormat { get; set; } = "dd/MM/yyyy HH:mm";

    /// <summary>Rules on the columns of a CSV row. The first that holds sets <c>status</c>; <c>IGNORE</c> discards the row.</summary>
    public JsonElement Statuses { get; set; }

    /// <summary>
    /// Rules on the fields of an event in an XML file. The first that holds sets <c>status</c>; an event for which none holds is discarded.
    /// </summary>
    public JsonElement Events { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SymologySettings))]
internal sealed partial class SymologySettingsJson : JsonSerializerContext;
