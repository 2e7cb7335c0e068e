namespace PluginGateway.Contracts;

/// <summary>A kind of report that a council accepts: an Open311 service together with its definition.</summary>
public sealed record Service
{
    /// <summary>
    /// The code that the back end uses; the gateway adds the back end's prefix. Not empty, case-sensitive, and unique within a catalogue.
    /// </summary>
    public required string Code { get; init; }

    /// <summary>The display name. Not empty. If two services of a council have the same name, the gateway appends their codes.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for the person who reports.</summary>
    public string Description { get; init; } = "";

    /// <summary>The groups that contain the service: usually one; empty if it is listed without a group.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>
    /// Keywords that clients search or act on. FixMyStreet acts on <c>private</c>, <c>staff</c>, <c>inactive</c> and <c>waste_only</c>.
    /// </summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];

    /// <summary>When a client learns the id of a report of this service.</summary>
    public ServiceType Type { get; init; }

    /// <summary>The questions, in the order in which they are asked.</summary>
    public IReadOnlyList<ServiceAttribute> Attributes { get; init; } = [];

    /// <summary>
    /// Why the questions could not be read, for operators; null if they were read. The gateway then uses the questions that were read last, if there are
    /// any, and reads the catalogue again soon. One definition that cannot be read must not prevent the other services from being published.
    /// </summary>
    public string? AttributesProblem { get; init; }
}

/// <summary>When a client learns the id of a report (GeoReport v2, GET Service List, <c>type</c>).</summary>
public enum ServiceType
{
    /// <summary>At once: <c>realtime</c>.</summary>
    Realtime,

    /// <summary>Later, through a token: <c>batch</c>.</summary>
    Batch,

    /// <summary>Never: <c>blackbox</c>.</summary>
    Blackbox,
}

/// <summary>A question of a service (GeoReport v2, GET Service Definition, <c>attribute</c>).</summary>
public sealed record ServiceAttribute
{
    /// <summary>The code with which answers are sent; unique within the service. Use ASCII characters: some clients corrupt others.</summary>
    public required string Code { get; init; }

    /// <summary>The text of the question.</summary>
    public string Description { get; init; } = "";

    /// <summary>The type of the answer.</summary>
    public AttributeType Type { get; init; }

    /// <summary>A hint for the answer, such as "in metres".</summary>
    public string TypeDescription { get; init; } = "";

    /// <summary>Whether a report without an answer is refused.</summary>
    public bool Required { get; init; }

    /// <summary>Whether it asks for an answer; false for a text that is only displayed.</summary>
    public bool Variable { get; init; } = true;

    /// <summary>Who fills in the answer, if it is not the person who reports.</summary>
    public AttributeAutomation Automated { get; init; }

    /// <summary>Whether a list also accepts answers that <see cref="Values"/> does not contain.</summary>
    public bool AllowAny { get; init; }

    /// <summary>The possible answers of a list.</summary>
    public IReadOnlyList<AttributeValue> Values { get; init; } = [];
}

/// <summary>The data types of GeoReport v2 (GET Service Definition, <c>datatype</c>).</summary>
public enum AttributeType
{
    /// <summary>One line of text: <c>string</c>.</summary>
    String,

    /// <summary>A number: <c>number</c>.</summary>
    Number,

    /// <summary>A date and time: <c>datetime</c>.</summary>
    DateTime,

    /// <summary>Several lines of text: <c>text</c>.</summary>
    Text,

    /// <summary>One value of a list: <c>singlevaluelist</c>.</summary>
    SingleValueList,

    /// <summary>Any number of values of a list: <c>multivaluelist</c>.</summary>
    MultiValueList,
}

/// <summary>Who fills in an attribute (mySociety's extension, <c>automated</c>).</summary>
public enum AttributeAutomation
{
    /// <summary>The person who reports.</summary>
    None,

    /// <summary>The reporting site's server: <c>server_set</c>.</summary>
    ServerSet,

    /// <summary>The reporting site's page, usually from the map: <c>hidden_field</c>.</summary>
    HiddenField,
}

/// <summary>A possible answer of a list.</summary>
public sealed record AttributeValue
{
    /// <summary>The value that is sent.</summary>
    public required string Key { get; init; }

    /// <summary>The text that is displayed.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The text that the reporting site displays instead of accepting a report with this answer; null to accept it (mySociety's extension,
    /// <c>disable_message</c>).
    /// </summary>
    public string? DisableMessage { get; init; }
}
