using PluginGateway.Host.Sending.Operating;
using PluginGateway.Host.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Host.Adapters;

/// <summary>
/// What operators see of plug-ins and decide about them. A decision is a state of a version, not an order: every gateway follows it with its
/// next look, and one that starts later too.
/// </summary>
internal sealed class PluginActions(PluginMemory memory, IDatabase database, TimeProvider time)
{
    /// <summary>What every running gateway has of plug-ins now.</summary>
    public Task<IReadOnlyList<(string Node, PluginStatus Status)>> ListAsync(CancellationToken ct) => memory.ListAsync(ct);

    /// <summary>Every version of an adapter that is known, the latest first.</summary>
    public async Task<IReadOnlyList<KnownVersion>> VersionsAsync(string adapter, CancellationToken ct) =>
        [.. (await memory.ReadAsync(ct)).Where(v => v.AdapterName == adapter).OrderByDescending(v => v.At)];

    /// <summary>The hashes of the versions of an adapter that serve now: one, unless gateways have different ones for a while.</summary>
    public async Task<IReadOnlyList<string>> ServingAsync(string adapter, CancellationToken ct) =>
        [.. (await memory.ListAsync(ct)).Where(l => l.Status is { State: PluginState.Active or PluginState.Probation, Sha256: not null } s && s.AdapterName == adapter)
            .Select(l => l.Status.Sha256!).Distinct(StringComparer.Ordinal)];

    /// <summary>Takes a version out of service, or lets it come again.</summary>
    public Task DecideAsync(KnownVersion version, VersionState state, string reason, string by, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return database.WriteAsync(
            async db =>
            {
                await PluginMemory.WriteAsync(db, version with { State = state, Reason = reason, By = by, At = now }, node: "");
                await Audit.AddAsync(
                    db, now.ToUnixTimeMilliseconds(), by, state == VersionState.Quarantined ? "plugin quarantine" : "plugin lift", "", $"{version.AdapterName} {version.Sha256[..12]}",
                    version.State.ToString().ToLowerInvariant(), state.ToString().ToLowerInvariant(), reason);
                return 0;
            },
            ct);
    }
}
