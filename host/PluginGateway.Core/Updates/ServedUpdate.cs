using PluginGateway.Contracts;

namespace PluginGateway.Core.Updates;

/// <summary>An update as served to clients.</summary>
internal sealed record ServedUpdate
{
    public required string ReportId { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required CouncilUpdate Update { get; init; }
}
