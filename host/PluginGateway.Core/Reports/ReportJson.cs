using System.Text.Json.Serialization;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Reports;

/// <summary>Serialises reports, updates and notes as JSON for the database.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredReport))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(RequestPlan))]
[JsonSerializable(typeof(StoredClientUpdate))]
[JsonSerializable(typeof(StoredCouncilUpdate))]
[JsonSerializable(typeof(FollowUp))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ReportJson : JsonSerializerContext;
