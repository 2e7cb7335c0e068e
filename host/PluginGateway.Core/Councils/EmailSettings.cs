using System.Text.Json.Serialization;

namespace PluginGateway.Core.Councils;

/// <summary>The settings of an <c>email</c> back end in a council file.</summary>
internal sealed class EmailSettings
{
    /// <summary>The name of the adapter that uses these settings.</summary>
    public const string AdapterName = "email";

    /// <summary>The recipients: one address, or several addresses separated by commas.</summary>
    public required string To { get; init; }

    /// <summary>A folder of templates that are used instead of the default ones.</summary>
    public string? Template { get; set; }

    /// <summary>Overrides for single services, by service code without prefix.</summary>
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
