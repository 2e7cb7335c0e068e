using System.Text.Json.Serialization;

namespace PluginGateway.Core.Councils;

/// <summary>The settings of an <c>email</c> back end in a council file.</summary>
internal sealed class EmailSettings
{
    /// <summary>The name of the adapter that has these settings.</summary>
    public const string AdapterName = "email";

    /// <summary>Where reports go: one address, or several with commas.</summary>
    public required string To { get; init; }

    /// <summary>A folder of templates that takes the place of the default ones.</summary>
    public string? Template { get; set; }

    /// <summary>Other choices for single services, by code without prefix.</summary>
    public IReadOnlyDictionary<string, EmailServiceSettings> Services { get; set; } = new Dictionary<string, EmailServiceSettings>();
}

internal sealed class EmailServiceSettings
{
    public string? To { get; set; }

    public string? Template { get; set; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EmailSettings))]
internal sealed partial class EmailSettingsJson : JsonSerializerContext;
