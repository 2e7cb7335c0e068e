using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Core.Plugins;

/// <summary>
/// What operators see of plug-ins and decide about them. A decision is a state of a version, not an order: every gateway follows it with its
/// next look, and one that starts later too.
/// </summary>
internal sealed class PluginActions(PluginVersionStore memory, IDatabase database, TimeProvider time)
{
    public const int ShortHash = 12;

    /// <summary>What every running gateway has of plug-ins now.</summary>
    public Task<IReadOnlyList<(string Node, PluginStatus Status)>> ListAsync(CancellationToken ct) => memory.ListAsync(ct);

    /// <summary>Every version of an adapter that is known, the latest first.</summary>
    public async Task<IReadOnlyList<KnownVersion>> VersionsAsync(string adapter, CancellationToken ct) =>
        [.. (await memory.ReadAsync(ct)).Where(v => v.AdapterName == adapter).OrderByDescending(v => v.At)];

    /// <summary>Every version of every adapter that is known, the latest first of each.</summary>
    public async Task<IReadOnlyList<KnownVersion>> VersionsAsync(CancellationToken ct) =>
        [.. (await memory.ReadAsync(ct)).OrderBy(v => v.AdapterName, StringComparer.Ordinal).ThenByDescending(v => v.At)];

    /// <summary>The hashes of the versions of an adapter that serve now: one, unless gateways have different ones for a while.</summary>
    public async Task<IReadOnlyList<string>> ServingAsync(string adapter, CancellationToken ct) =>
        [.. (await memory.ListAsync(ct)).Where(
            l => l.Status is { State: PluginState.Active or PluginState.Probation, Sha256: not null } s && s.AdapterName == adapter)
            .Select(l => l.Status.Sha256!).Distinct(StringComparer.Ordinal)];

    /// <summary>Goes back to the version before the one that serves, which is quarantined.</summary>
    /// <param name="adapter">The adapter's name.</param>
    /// <param name="from">The hash of the version that is meant; null for the one that serves.</param>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who decides.</param>
    /// <param name="ct">Cancels before it is decided.</param>
    public async Task<ActionOutcome> RollBackAsync(string adapter, string? from, string reason, string by, CancellationToken ct)
    {
        var versions = await VersionsAsync(adapter, ct);
        var serving = await ServingAsync(adapter, ct);
        if (serving.Count > 1)
            return ActionOutcome.No(
                $"Gateways serve different versions of {adapter}: {string.Join(", ", versions.Where(v => serving.Contains(v.Sha256)).Select(Name))}. Say "
                    + $"which: plugin quarantine {adapter} <sha256>");

        if (from is not null && !serving.Contains(from))
            return ActionOutcome.No($"Another version of {adapter} serves by now. Look again.");

        var bad = versions.FirstOrDefault(v => serving.Contains(v.Sha256));
        var good = versions.FirstOrDefault(v => v.State == VersionState.Proven && v.Sha256 != bad?.Sha256);
        if (bad is null || good is null)
            return ActionOutcome.No(bad is null
                ? $"No running gateway has a plug-in that serves {adapter}."
                : $"{adapter} {bad.Version} is the only version that has served; to take it away all the same: plugin quarantine {adapter}");

        await DecideAsync(bad, VersionState.Quarantined, reason, by, ct);
        return ActionOutcome.Yes(
            $"{adapter}: back from {Name(bad)} to {Name(good)}. The first is quarantined; to let it come again: plugin quarantine {adapter} "
                + $"{bad.Sha256[..ShortHash]} --lift");
    }

    /// <summary>A version as people tell it from others.</summary>
    public static string Name(KnownVersion version) => $"{version.Version} ({version.Sha256[..ShortHash]})";

    /// <summary>Takes a version out of service, or lets it come again.</summary>
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
