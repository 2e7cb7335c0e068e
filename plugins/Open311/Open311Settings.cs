using System.Text.Json.Serialization;

namespace PluginGateway.Adapters.Open311;

/// <summary>The settings of an Open311 back end in a council file.</summary>
public sealed class Open311Settings
{
    /// <summary>The base address, to which <c>services.xml</c> is appended.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Sent as <c>jurisdiction_id</c> with every call, if set.</summary>
    public string? JurisdictionId { get; set; }

    /// <summary>Sent as <c>api_key</c> with every POST, and with reads of updates.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Codes of services that the gateway does not offer.</summary>
    public IReadOnlyList<string> IgnoreServices { get; set; } = [];

    /// <summary>The path of the updates resource, relative to <see cref="Endpoint"/>.</summary>
    public string UpdatesPath { get; set; } = "servicerequestupdates.xml";

    /// <summary>Whether files are sent as parts of a multipart form; if false, only their URLs are sent.</summary>
    public bool Uploads { get; set; } = true;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Open311Settings))]
internal sealed partial class Open311SettingsJson : JsonSerializerContext;
