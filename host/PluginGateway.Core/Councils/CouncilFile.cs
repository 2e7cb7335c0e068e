using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginGateway.Core.Councils;

/// <summary>
/// The content of a council file; <see cref="Council"/> is its validated form. Optional members have <c>set</c> accessors, so that their
/// defaults apply.
/// </summary>
internal sealed class CouncilFile
{
    public required string JurisdictionId { get; init; }

    public required string Name { get; init; }

    /// <summary>Other jurisdiction ids that clients may use.</summary>
    public IReadOnlyList<string> Aliases { get; set; } = [];

    public string TimeZone { get; set; } = "Europe/London";

    public AnswerMode Mode { get; set; } = AnswerMode.Queued;

    public string AnswerWithin { get; set; } = "20s";

    public WhenSlow WhenSlow { get; set; }

    public string? SendMethod { get; set; }

    public IReadOnlyList<string>? Catalogue { get; set; }

    /// <summary>Whether reading reports, tokens and updates also requires a key.</summary>
    public bool KeyForReads { get; set; }

    public BoundsFile? Bounds { get; set; }

    public required IReadOnlyDictionary<string, BackEndFile> Backends { get; init; }

    public IReadOnlyList<ServiceFile> Services { get; set; } = [];

    public IReadOnlyList<AlsoSendFile> AlsoSend { get; set; } = [];

    public OfficeHoursFile OfficeHours { get; set; } = new();

    public IReadOnlyList<ExampleFile> Examples { get; set; } = [];
}

internal sealed class AlsoSendFile
{
    /// <summary>
    /// An object of conditions that must all be met; see <see cref="CopyCondition"/>. Without conditions, every report is copied.
    /// </summary>
    public JsonElement When { get; set; }

    /// <summary>One address, or a list of addresses.</summary>
    public required JsonElement To { get; init; }

    public CopyTime At { get; set; }

    public bool EvenIfPaused { get; set; } = true;
}

internal sealed class OfficeHoursFile
{
    public string From { get; set; } = "09:00";

    public string Until { get; set; } = "17:00";

    public IReadOnlyList<DayOfWeek> Days { get; set; } = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday];
}

/// <summary>When a copy is sent.</summary>
internal enum CopyTime
{
    /// <summary>As soon as the report is accepted.</summary>
    Accepted,

    /// <summary>After the report has been delivered to the council's system.</summary>
    Sent,
}

internal sealed class BoundsFile
{
    public required double South { get; init; }

    public required double West { get; init; }

    public required double North { get; init; }

    public required double East { get; init; }
}

internal sealed class BackEndFile
{
    public required string Adapter { get; init; }

    public string Prefix { get; set; } = "";

    public JsonElement Settings { get; set; }

    /// <summary>The maximum number of concurrent calls. Overrides the adapter's hint.</summary>
    public int? Limit { get; set; }

    /// <summary>The maximum number of calls per minute. Overrides the adapter's hint.</summary>
    public int? Rate { get; set; }

    /// <summary>The time limit of one call. Overrides the adapter's hint.</summary>
    public string? AttemptWithin { get; set; }

    /// <summary>Which repeated calls the back end recognises. Overrides the adapter's own value.</summary>
    public RecognisedRepeats? Repeat { get; set; }

    /// <summary>The folder that the council puts CSV and XML files into.</summary>
    public DocumentsFile? Documents { get; set; }

    /// <summary>A regular expression for ids of this back end. It is used for ids that are unknown to the gateway.</summary>
    public string? IdPattern { get; set; }
}

internal sealed class DocumentsFile
{
    /// <summary>The path of the folder, absolute or relative to the program's folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether a file is removed once it is stored.</summary>
    public bool Remove { get; set; }
}

internal sealed class ServiceFile
{
    public required string Code { get; init; }

    public string? Name { get; set; }

    public string? Description { get; set; }

    public string? Group { get; set; }

    public IReadOnlyList<string>? Groups { get; set; }

    public IReadOnlyList<string>? Keywords { get; set; }

    public Contracts.ServiceType? Type { get; set; }

    public bool Hide { get; set; }

    public string? Backend { get; set; }

    public IReadOnlyList<QuestionFile>? Questions { get; set; }
}

internal sealed class QuestionFile
{
    public required string Code { get; init; }

    public string Description { get; set; } = "";

    public Contracts.AttributeType Type { get; set; }

    public string Help { get; set; } = "";

    public bool Required { get; set; }

    public bool Variable { get; set; } = true;

    public Contracts.AttributeAutomation Automated { get; set; }

    public bool AllowAny { get; set; }

    public IReadOnlyList<AnswerFile> Values { get; set; } = [];
}

internal sealed class AnswerFile
{
    public required string Key { get; init; }

    public string? Name { get; set; }

    public string? DisableMessage { get; set; }
}

internal sealed class ExampleFile
{
    public required ExampleReportFile Report { get; init; }

    /// <summary>The expected values: <c>owner</c> and <c>plan.X</c> with a string, <c>copies</c> with a list of addresses.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Expect { get; init; }
}

internal sealed class ExampleReportFile
{
    public required string Service { get; init; }

    public string Description { get; set; } = "An example";

    /// <summary>When the report was received, for rules with office hours.</summary>
    public DateTimeOffset? Received { get; set; }

    public double Lat { get; set; }

    public double Long { get; set; }

    public IReadOnlyDictionary<string, string> Attributes { get; set; } = new Dictionary<string, string>();
}

/// <summary>When a client gets its response.</summary>
internal enum AnswerMode
{
    /// <summary>Immediately, with the gateway's own id.</summary>
    Queued,

    /// <summary>With the back end's id, if the back end responds in time.</summary>
    Direct,
}

/// <summary>The repeated calls that a back end recognises: the values of <c>repeat</c>.</summary>
internal enum RecognisedRepeats
{
    None,
    Reports,
    Updates,
    Both,
}

/// <summary>What a client gets in direct mode when the back end does not respond in time.</summary>
internal enum WhenSlow
{
    /// <summary>The gateway's own id.</summary>
    OwnId,

    /// <summary>Status 503 with a <c>Retry-After</c> header.</summary>
    RetryLater,
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, AllowTrailingCommas = true,
    ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(CouncilFile))]
internal sealed partial class CouncilFileJson : JsonSerializerContext;
