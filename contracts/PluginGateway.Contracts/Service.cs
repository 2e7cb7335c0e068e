namespace PluginGateway.Contracts;

/// <summary>A kind of report that a council takes: an Open311 service with its definition.</summary>
public sealed record Service
{
    /// <summary>The code, as the back end knows it; the gateway puts the back end's prefix before it. Case counts.</summary>
    public required string Code { get; init; }

    /// <summary>The name people choose it by.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for the person who reports.</summary>
    public string Description { get; init; } = "";

    /// <summary>The groups it is listed in; usually one, none if it stands alone.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Words that clients search or act on; FixMyStreet acts on <c>private</c>, <c>staff</c>, <c>inactive</c>, <c>waste_only</c>.</summary>
    public IReadOnlyList<string> Keywords { get; init; } = [];

    /// <summary>When the id of a report of this service is known.</summary>
    public ServiceType Type { get; init; }

    /// <summary>The questions asked, in order.</summary>
    public IReadOnlyList<ServiceAttribute> Attributes { get; init; } = [];
}

/// <summary>When the client is told the id of a report (GeoReport v2, GET Service List, <c>type</c>).</summary>
public enum ServiceType
{
    /// <summary>At once.</summary>
    Realtime,

    /// <summary>Later, through a token.</summary>
    Batch,

    /// <summary>Never.</summary>
    Blackbox,
}

/// <summary>A question of a service (GeoReport v2, GET Service Definition, <c>attribute</c>).</summary>
public sealed record ServiceAttribute
{
    /// <summary>The code that answers are sent under. ASCII, please: clients are known to garble other letters.</summary>
    public required string Code { get; init; }

    /// <summary>The question as people read it.</summary>
    public string Description { get; init; } = "";

    /// <summary>What an answer looks like.</summary>
    public AttributeType Type { get; init; }

    /// <summary>Help for the answer: "in metres".</summary>
    public string TypeDescription { get; init; } = "";

    /// <summary>A report without an answer is refused.</summary>
    public bool Required { get; init; }

    /// <summary>False for a text that is only shown; it is never demanded.</summary>
    public bool Variable { get; init; } = true;

    /// <summary>Who fills it in, when it is not the person who reports.</summary>
    public AttributeAutomation Automated { get; init; }

    /// <summary>Answers other than <see cref="Values"/> are taken too.</summary>
    public bool AllowAny { get; init; }

    /// <summary>The possible answers of a list.</summary>
    public IReadOnlyList<AttributeValue> Values { get; init; } = [];
}

/// <summary>The data types of GeoReport v2.</summary>
public enum AttributeType
{
    /// <summary>A line of text: <c>string</c>.</summary>
    String,

    /// <summary>A number: <c>number</c>.</summary>
    Number,

    /// <summary>A date and time: <c>datetime</c>.</summary>
    DateTime,

    /// <summary>Several lines of text: <c>text</c>.</summary>
    Text,

    /// <summary>One of a list: <c>singlevaluelist</c>.</summary>
    SingleValueList,

    /// <summary>Any number of a list: <c>multivaluelist</c>.</summary>
    MultiValueList,
}

/// <summary>Who fills in an attribute (mySociety's extension, <c>automated</c>).</summary>
public enum AttributeAutomation
{
    /// <summary>The person who reports.</summary>
    None,

    /// <summary>The reporting site: <c>server_set</c>.</summary>
    ServerSet,

    /// <summary>The page, from the map: <c>hidden_field</c>.</summary>
    HiddenField,
}

/// <summary>A possible answer of a list.</summary>
public sealed record AttributeValue
{
    /// <summary>What is sent.</summary>
    public required string Key { get; init; }

    /// <summary>What people read.</summary>
    public required string Name { get; init; }

    /// <summary>When set, this answer means that no report can be made, and says why (mySociety's extension, <c>disable_message</c>).</summary>
    public string? DisableMessage { get; init; }
}
