using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Plugins;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.Admin.Pages.Adapters;

[Needs(Role.Viewer, Role.Admin, AllCouncils = true)]
internal sealed class PluginsModel(PluginActions plugins, CallStatistics statistics) : AdminPage
{
    private const int MaxVersions = 10;

    public IReadOnlyList<(string Node, PluginStatus Status)> All { get; private set; } = [];

    public IReadOnlyList<CallSummary> Calls { get; private set; } = [];

    /// <summary>The latest versions of each adapter.</summary>
    public IReadOnlyList<IReadOnlyList<KnownVersion>> Versions { get; private set; } = [];

    /// <summary>The hashes of the active versions.</summary>
    public IReadOnlySet<string> Serving { get; private set; } = new HashSet<string>(StringComparer.Ordinal);

    public bool MayChange => Actor.May(Role.Admin);

    public async Task OnGetAsync()
    {
        All = await plugins.ListAsync(Aborted);
        Calls = [.. statistics.List()];
        Versions = [.. (await plugins.VersionsAsync(Aborted)).GroupBy(v => v.AdapterName, StringComparer.Ordinal).Select(g => g.Take(MaxVersions).ToList())];
        Serving = All.Where(l => l.Status is { State: PluginState.Active or PluginState.Probation, Sha256: not null }).Select(l => l.Status.Sha256!)
            .ToHashSet(StringComparer.Ordinal);
    }

    public async Task<IActionResult> OnPostRollBackAsync(string? adapter, string? sha, string? why) => Back(
        string.IsNullOrWhiteSpace(why) ? RequiredReason.Missing : await plugins.RollBackAsync(adapter ?? "", sha ?? "", why.Trim(), Actor.Name, Aborted),
        "/admin/plug-ins");

    public async Task<IActionResult> OnPostLiftAsync(string? adapter, string? sha, string? why)
    {
        if (string.IsNullOrWhiteSpace(why))
            return Back(RequiredReason.Missing, "/admin/plug-ins");
        if ((await plugins.VersionsAsync(adapter ?? "", Aborted)).FirstOrDefault(
            v => v.Sha256 == sha && v.State == VersionState.Quarantined) is not { } version)
            return Back(ActionOutcome.No("This version is not quarantined."), "/admin/plug-ins");
        await plugins.DecideAsync(version, VersionState.Unproven, why.Trim(), Actor.Name, Aborted);
        return Back(ActionOutcome.Yes($"Quarantine lifted: {version.AdapterName} {PluginActions.Name(version)} may be loaded again."), "/admin/plug-ins");
    }

    public static Standing StandingOf(PluginStatus status) => status.State switch
    {
        PluginState.Refused or PluginState.Quarantined or PluginState.Abandoned or PluginState.Leaked => Standing.Error,
        PluginState.Settling or PluginState.Probation or PluginState.Draining or PluginState.Unloading => Standing.Warning,
        _ => Standing.Ok,
    };
}
