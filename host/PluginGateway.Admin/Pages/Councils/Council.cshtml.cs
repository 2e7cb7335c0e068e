using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Admin.Pages.Councils;

[Needs(Role.Viewer, Role.Operator)]
internal sealed class CouncilModel(
    CouncilDirectory directory, Overview overview, LaneQueries lanes, SuspensionStore suspensions, RouteActions choices, Routes routes,
    ServiceCatalogues catalogues, CouncilActions actions, AuditQueries audit) : AdminPage
{
    private const int MaxHistory = 20;

    private Dictionary<string, LaneState> _lanes = new(StringComparer.Ordinal);
    private UnfinishedCounts _counts = new();

    public Council Council { get; private set; } = null!;

    public OverviewPage Overview { get; private set; } = null!;

    public LoadedCouncilFile? LoadedFile { get; private set; }

    public string? FileText { get; private set; }

    public IReadOnlyList<Suspension> Suspensions { get; private set; } = [];

    /// <summary>An operator's choice for the whole council; null if the council file decides.</summary>
    public RouteChoice? Choice { get; private set; }

    public IReadOnlyList<RouteChoice> OwnChoices { get; private set; } = [];

    public IReadOnlyList<AuditRow> History { get; private set; } = [];

    public bool MayChange => Actor.May(Role.Operator);

    public IReadOnlyList<BackEnd> BackEnds => [.. Council.BackEnds.Values.OrderBy(b => b.Name, StringComparer.Ordinal)];

    /// <summary>The back ends that can be chosen for the council: those that accept services of any owner, or own services.</summary>
    public IReadOnlyList<BackEnd> Routes => [.. BackEnds.Where(b => routes.Accepts(b, b.Name))];

    public string SendMethod => Choice?.BackEnd ?? Council.SendMethod?.Name ?? "the owner of each service";

    public override TimeZoneInfo Zone => Council?.TimeZone ?? base.Zone;

    public async Task<IActionResult> OnGetAsync(string council)
    {
        if (directory.Current.Find(council) is not { } found || found.JurisdictionId != council)
            return NotFound();

        Council = found;
        Overview = await overview.ReadAsync(Actor with { Councils = [council] }, Aborted);
        LoadedFile = directory.Current.Files.Values.FirstOrDefault(f => f.Live?.JurisdictionId == council);
        FileText = LoadedFile is { } file && MayChange ? CouncilFileText.Show(file.Path) : null;
        Suspensions = (await suspensions.ListAsync(Aborted)).FindAll(c => c.Council == council);
        var chosen = (await choices.ListAsync(Aborted)).FindAll(c => c.Council == council);
        (Choice, OwnChoices) = (chosen.Find(c => c.Service.Length == 0), chosen.FindAll(c => c.Service.Length > 0));
        _counts = await lanes.CountsAsync(Now, Aborted);
        _lanes = (await lanes.LanesAsync(Aborted)).Where(l => l.Council == council).ToDictionary(l => l.BackEnd, StringComparer.Ordinal);
        History = [.. (await audit.ListAsync(new AuditFilter(council, null, null, null, 0, 0), Actor.Councils, null, Aborted)).Take(MaxHistory)];
        return Page();
    }

    public Task<IActionResult> OnPostPauseAsync(string council, string? backend, string? service, string? until, string? why) =>
        DoAsync(council, "sending", async found =>
        {
            if (string.IsNullOrWhiteSpace(why))
                return RequiredReason.Missing;
            if (await FindProblemAsync(found, backend, service?.Trim()) is { } problem)
                return ActionOutcome.No(problem);
            var end = LocalDates.Moment(until, found.TimeZone);
            if ((until is { Length: > 0 } && end is null) || end?.ToUnixTimeMilliseconds() <= Now)
                return ActionOutcome.No("Choose an end time in the future.");

            var scope = new SuspensionScope(council, backend ?? "", service?.Trim() ?? "");
            var isNew = await suspensions.PauseAsync(scope, why.Trim(), Actor.Name, end, Aborted);
            return ActionOutcome.Yes(isNew ? $"Paused: {scope}." : $"Already paused: {scope}. The reason and end time were updated.");
        });

    public Task<IActionResult> OnPostResumeAsync(string council, string? backend, string? service, string? how, int rate, string? why) =>
        DoAsync(council, "sending", async _ =>
        {
            if (string.IsNullOrWhiteSpace(why))
                return RequiredReason.Missing;
            if (how is not ("one" or "rate" or "all") || (how == "rate" && rate is < 1 or > 100_000))
                return ActionOutcome.No("Choose how to resume: with one report as a test, with 1 to 100,000 per minute, or without a limit.");

            var (scope, resumption) = (new SuspensionScope(council, backend ?? "", service ?? ""), new Resumption(how == "all", how == "rate" ? rate : 0));
            return await suspensions.ResumeAsync(scope, resumption, Actor.Name, why.Trim(), Aborted)
                ? ActionOutcome.Yes(Resumed(scope, resumption))
                : ActionOutcome.No($"Not paused: {scope}.");
        });

    public Task<IActionResult> OnPostTestAsync(string council, string? backend) =>
        DoAsync(council, "back-ends", found => found.BackEnds.GetValueOrDefault(backend ?? "") is { } one
            ? actions.TestConnectionAsync(one, Actor.Name, Aborted)
            : Task.FromResult(ActionOutcome.No($"There is no back end {backend}.")));

    public BackEndLimits LimitsOf(BackEnd backEnd) => actions.LimitsOf(backEnd);

    public string StateOf(BackEnd backEnd) =>
        _lanes.GetValueOrDefault(backEnd.Name) switch
        {
            { IsBreakerOpen: true } lane =>
                $"Sending stopped after repeated failures ({lane.OpenCause.TrimEnd('.')}); next attempt {LaneIssues.In(lane.NextProbe, Now)}",
            { } lane when lane.SlowUntil > Now => $"Slowed down at the system's request; next attempt {LaneIssues.In(lane.SlowUntil, Now)}",
            _ => Suspensions.FirstOrDefault(c => c.Covers(backEnd.Council, backEnd.Name) && c.Service.Length == 0) is { } suspension
                ? LaneIssues.Word(suspension)
                : "Working",
        };

    public long WaitingFor(BackEnd backEnd) => _lanes.GetValueOrDefault(backEnd.Name) is { } lane ? _counts.Of(lane.Id).Waiting : 0;

    /// <summary>Returns the lane of a back end that an attempt has been made for; otherwise null.</summary>
    public LaneState? Attempted(BackEnd backEnd) => _lanes.GetValueOrDefault(backEnd.Name) is { LastAttempt: > 0 } lane ? lane : null;

    private static string Resumed(SuspensionScope scope, Resumption resumption) => resumption switch
    {
        { All: true } => scope is { BackEnd: "", Service: "" } ? "Sending resumed." : $"Sending resumed: {scope}.",
        { PerMinute: > 0 } => $"Sending resumed at {resumption.PerMinute} per minute: {scope}.",
        _ => $"Sending one report as a test: {scope}.",
    };

    /// <summary>Returns what is wrong with the scope of a pause. A paused service may no longer be in the catalogue.</summary>
    private async Task<string?> FindProblemAsync(Council council, string? backEnd, string? service)
    {
        if (service is { Length: > 200 })
            return "The service code is too long.";
        if (backEnd is { Length: > 0 } && !council.BackEnds.ContainsKey(backEnd))
            return $"There is no back end {backEnd}.";
        return service is { Length: > 0 } && await catalogues.GetAsync(council, Aborted) is { } published && published.Find(service) is null
            && !(await suspensions.ListAsync(Aborted)).Exists(c => c.Council == council.JurisdictionId && c.Service == service)
            ? $"{council.Name} publishes no service with the code {service}."
            : null;
    }

    private async Task<IActionResult> DoAsync(string council, string section, Func<Council, Task<ActionOutcome>> action)
    {
        if (directory.Current.Find(council) is not { } found || found.JurisdictionId != council)
            return NotFound();
        return Back(await action(found), $"/admin/councils/{Uri.EscapeDataString(council)}#{section}");
    }
}
