using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Core.Plugins;

/// <summary>
/// Lists plug-ins and their versions and stores the decisions of operators. A decision is a state of a version, not a command: every host applies
/// it in its next scan, including hosts that start later.
/// </summary>
internal sealed class PluginActions(PluginVersionStore store, IDatabase database, TimeProvider time)
{
    public const int ShortHash = 12;

    /// <summary>Returns the current plug-in statuses of all running hosts.</summary>
    public Task<IReadOnlyList<(string Node, PluginStatus Status)>> ListAsync(CancellationToken ct) => store.ListAsync(ct);

    /// <summary>Returns all known versions of an adapter, latest first.</summary>
    public async Task<IReadOnlyList<KnownVersion>> VersionsAsync(string adapter, CancellationToken ct) =>
        [.. (await store.ReadAsync(ct)).Where(v => v.AdapterName == adapter).OrderByDescending(v => v.At)];

    /// <summary>Returns all known versions by adapter, latest first.</summary>
    public async Task<IReadOnlyList<KnownVersion>> VersionsAsync(CancellationToken ct) =>
        [.. (await store.ReadAsync(ct)).OrderBy(v => v.AdapterName, StringComparer.Ordinal).ThenByDescending(v => v.At)];

    /// <summary>Returns the hashes of the versions that serve an adapter now: one, unless hosts temporarily serve different versions.</summary>
    public async Task<IReadOnlyList<string>> ServingAsync(string adapter, CancellationToken ct) =>
        [.. (await store.ListAsync(ct)).Where(
            l => l.Status is { State: PluginState.Active or PluginState.Probation, Sha256: not null } s && s.AdapterName == adapter)
            .Select(l => l.Status.Sha256!).Distinct(StringComparer.Ordinal)];

    /// <summary>Quarantines the version that serves, so that the previous one serves again.</summary>
    /// <param name="adapter">The adapter's name.</param>
    /// <param name="from">The hash of the version to roll back; null for the one that serves.</param>
    /// <param name="reason">The operator's reason.</param>
    /// <param name="by">The operator.</param>
    /// <param name="ct">Cancels the call before the decision is stored.</param>
    public async Task<ActionOutcome> RollBackAsync(string adapter, string? from, string reason, string by, CancellationToken ct)
    {
        var versions = await VersionsAsync(adapter, ct);
        var serving = await ServingAsync(adapter, ct);
        if (serving.Count > 1)
            return ActionOutcome.No(
                $"Hosts serve different versions of {adapter}: {string.Join(", ", versions.Where(v => serving.Contains(v.Sha256)).Select(Name))}. "
                    + $"Choose the one to quarantine: plugin quarantine {adapter} <sha256>");

        if (from is not null && !serving.Contains(from))
            return ActionOutcome.No($"Another version of {adapter} is active now. Reload the page.");

        var current = versions.FirstOrDefault(v => serving.Contains(v.Sha256));
        var previous = versions.FirstOrDefault(v => v.State == VersionState.Proven && v.Sha256 != current?.Sha256);
        if (current is null || previous is null)
            return ActionOutcome.No(current is null
                ? $"No running host has an active version of {adapter}."
                : $"{adapter} has no other proven version to roll back to. To stop using {current.Version} anyway: plugin quarantine {adapter}");

        await DecideAsync(current, VersionState.Quarantined, reason, by, ct);
        return ActionOutcome.Yes(
            $"{adapter}: rolled back from {Name(current)} to {Name(previous)}. To lift the quarantine of {current.Version}: plugin quarantine {adapter} "
                + $"{current.Sha256[..ShortHash]} --lift");
    }

    /// <summary>Returns the display name of a version.</summary>
    public static string Name(KnownVersion version) => $"{version.Version} ({version.Sha256[..ShortHash]})";

    /// <summary>Quarantines a version or lifts its quarantine.</summary>
    public Task DecideAsync(KnownVersion version, VersionState state, string reason, string by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return database.WriteAsync(
            async db =>
            {
                await PluginVersionStore.WriteAsync(db, version with { State = state, Reason = reason, By = by, At = now }, node: "");
                await Audit.AddAsync(
                    db, now.ToUnixTimeMilliseconds(), by, state == VersionState.Quarantined ? "plugin quarantine" : "plugin lift", "",
                    $"{version.AdapterName} {version.Sha256[..12]}",
                    version.State.ToString().ToLowerInvariant(), state.ToString().ToLowerInvariant(), reason);
                return 0;
            },
            ct);
    }
}
