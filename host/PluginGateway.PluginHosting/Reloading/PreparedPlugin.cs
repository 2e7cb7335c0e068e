using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Staging;

namespace PluginGateway.PluginHosting.Reloading;

/// <summary>A candidate that was staged and inspected, or the reason why it was refused.</summary>
internal sealed record PreparedPlugin(PluginCandidate Candidate, PluginStatus Status, Refusal? Refusal)
{
    public StagedFiles? Staged { get; init; }

    public PluginManifest? Manifest { get; init; }
}
