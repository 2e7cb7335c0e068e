using System.Text.Json.Serialization;

namespace PluginGateway.Adapters.Acme;

// The messages of the system's API, with the names from its documentation. They use a source-generated context, because serialisation by
// reflection would keep a replaced plug-in in memory.

internal sealed record AcmeCategory(string Code, string Name);

internal sealed record AcmeNewCase(
    string Reference, string Category, string Team, string Text, double? Latitude, double? Longitude, string? Name, string? Email);

internal sealed record AcmeCase(string Id);

internal sealed record AcmeCases(IReadOnlyList<AcmeCase> Cases);

internal sealed record AcmeChange(string Id, string CaseId, string Status, string? Text, DateTimeOffset Time);

internal sealed record AcmeChanges(IReadOnlyList<AcmeChange> Changes);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AcmeSettings))]
[JsonSerializable(typeof(IReadOnlyList<AcmeCategory>))]
[JsonSerializable(typeof(AcmeNewCase))]
[JsonSerializable(typeof(AcmeCase))]
[JsonSerializable(typeof(AcmeCases))]
[JsonSerializable(typeof(AcmeChanges))]
internal sealed partial class AcmeJson : JsonSerializerContext;
