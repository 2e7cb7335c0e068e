using System.Text.Json;
using System.Text.Json.Serialization;
using PluginGateway.Adapters.Toolkit.Categories;

namespace PluginGateway.Adapters.Symology;

/// <summary>The settings of a Symology back end in a council file. What differs between councils is here, as data.</summary>
public sealed class SymologySettings
{
    /// <summary>The address of the web service.</summary>
    public required string EndpointUrl { get; init; }

    /// <summary>The user to log in as; with one, the operations whose names end in <c>Authenticated</c> are called.</summary>
    public string? EndpointUsername { get; set; }

    /// <summary>That user's password.</summary>
    public string? EndpointPassword { get; set; }

    /// <summary>Who reports and updates are recorded as (<c>UserName</c>).</summary>
    public required string Username { get; init; }

    /// <summary>Put before the client's reference.</summary>
    public string ExternalIdPrefix { get; set; } = "";

    /// <summary>What the reporting site is called in a case's description.</summary>
    public string SiteName { get; set; } = "FixMyStreet";

    /// <summary>Fields of every request, unless category or rules say otherwise.</summary>
    public IReadOnlyDictionary<string, string> RequestDefaults { get; set; } = new Dictionary<string, string>();

    /// <summary><c>CustomerType</c> and <c>ContactType</c>, unless rules say otherwise.</summary>
    public IReadOnlyDictionary<string, string> CustomerDefaults { get; set; } = new Dictionary<string, string>();

    /// <summary>The lines of additional fields that addresses go into.</summary>
    public SymologyFieldLines Fields { get; set; } = new();

    /// <summary>Further additional fields.</summary>
    public IReadOnlyList<SymologyField> ExtraFields { get; set; } = [];

    /// <summary>Codes of attributes that the reporting site fills in, beside the usual ones.</summary>
    public IReadOnlyList<string> Attributes { get; set; } = [];

    /// <summary>Codes of attributes that are not written into the description.</summary>
    public IReadOnlyList<string> NotInDescription { get; set; } = [];

    /// <summary>The categories by code.</summary>
    public required IReadOnlyDictionary<string, Category> Categories { get; init; }

    /// <summary>Rules that may change <c>Description</c> before addresses and answers are written below it.</summary>
    public JsonElement DescriptionRules { get; set; }

    /// <summary>Rules for reports of every category, after the category's own.</summary>
    public JsonElement Rules { get; set; }

    /// <summary>Rules that decide <c>EventType</c> and <c>NextAction</c> of a client's update.</summary>
    public JsonElement EventRules { get; set; }

    /// <summary>How the council's updates come.</summary>
    public SymologyUpdates Updates { get; set; } = new();
}

/// <summary>Lines of additional fields.</summary>
public sealed class SymologyFieldLines
{
    /// <summary>The line of the report's own address.</summary>
    public int? Url { get; set; }

    /// <summary>The first line for pictures.</summary>
    public int? PhotoStart { get; set; }

    /// <summary>The last line for pictures.</summary>
    public int? PhotoEnd { get; set; }

    /// <summary>The value type of addresses.</summary>
    public int PhotoType { get; set; } = 8;
}

/// <summary>An additional field.</summary>
public sealed class SymologyField
{
    /// <summary>Its line.</summary>
    public required int Line { get; init; }

    /// <summary>Its value type: 1 is text.</summary>
    public int Type { get; set; } = 1;

    /// <summary>Its value; inputs in braces are filled in. Without a value it is sent as nil.</summary>
    public required string Value { get; init; }
}

/// <summary>How the council's updates come: from files.</summary>
public sealed class SymologyUpdates
{
    /// <summary>Addresses that CSV files are fetched from.</summary>
    public IReadOnlyList<string> Urls { get; set; } = [];

    /// <summary>The column of a case's number.</summary>
    public string CaseColumn { get; set; } = "CRNo";

    /// <summary>The column of date and time.</summary>
    public string DateColumn { get; set; } = "History Date/Time";

    /// <summary>How dates are written; the council's local time.</summary>
    public string DateFormat { get; set; } = "dd/MM/yyyy HH:mm";

    /// <summary>Rules over the columns of a CSV row: the first that holds gives <c>status</c>, or <c>IGNORE</c>.</summary>
    public JsonElement Statuses { get; set; }

    /// <summary>Rules over the fields of an event in an XML file: the first that holds gives <c>status</c>; without one the event is left out.</summary>
    public JsonElement Events { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(SymologySettings))]
internal sealed partial class SymologySettingsJson : JsonSerializerContext;
