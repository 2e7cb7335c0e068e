using System.Text.Json.Serialization;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Reports;

/// <summary>How reports, updates and notes are kept in the database.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredReport))]
[JsonSerializable(typeof(Service))]
[JsonSerializable(typeof(RequestPlan))]
[JsonSerializable(typeof(ClientUpdate))]
[JsonSerializable(typeof(CouncilUpdate))]
[JsonSerializable(typeof(FollowUp))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ReportJson : JsonSerializerContext;
