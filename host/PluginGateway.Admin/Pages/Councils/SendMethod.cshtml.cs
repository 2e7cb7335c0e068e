using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Councils;

/// <summary>Changes the send method of a council or of one service, after a preview.</summary>
[Needs(Role.Viewer, Role.Operator)]
internal sealed class SendMethodModel(CouncilDirectory directory, ServiceCatalogues catalogues, RouteTable table, RouteActions choices, Routes routes)
    : AdminPage
{
    public Council Council { get; private set; } = null!;

    [BindProperty(SupportsGet = true)]
    public string Service { get; set => field = value ?? ""; } = "";

    /// <summary>The send method to preview; empty to remove the choice, null if none is selected yet.</summary>
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    /// <summary>The current send method.</summary>
    public string SentBy { get; private set; } = "";

    /// <summary>The back ends that can be chosen.</summary>
    public IReadOnlyList<BackEnd> Options { get; private set; } = [];

    /// <summary>The back end that reports would be sent through; null if none is selected, or if it depends on the owner of each service.</summary>
    public BackEnd? Target { get; private set; }

    /// <summary>Where reports would be sent; empty if none is selected.</summary>
    public IReadOnlyList<RouteTarget> Targets { get; private set; } = [];

    public bool IsReset => To is "";

    /// <summary>Whether the council or the service has a choice of its own, which can be removed.</summary>
    public bool HasChoice { get; private set; }

    /// <summary>The selected send method in words.</summary>
    public string TargetName => Target?.Name ?? GoneTarget ?? "the owner of each service";

    /// <summary>The back end that was chosen for the council and is no longer in its file; reports for it wait.</summary>
    private string? GoneTarget { get; set; }

    public RoutePreview Preview { get; private set; } = new(0, 0);

    public bool AcceptsAnyService => Target is not null && routes.AcceptsAny(Target);

    public bool MayChange => Actor.May(Role.Operator);

    public override TimeZoneInfo Zone => Council?.TimeZone ?? base.Zone;

    public async Task<IActionResult> OnGetAsync(string council)
    {
        if (!await FindAsync(council))
            return NotFound();
        if (Targets.Count > 0)
            Preview = await choices.PreviewAsync(Council, Service, Targets, Aborted);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string council, string? why)
    {
        if (!await FindAsync(council))
            return NotFound();
        var here = $"/admin/councils/{Uri.EscapeDataString(council)}/send-method"
            + QueryString.Create([KeyValuePair.Create<string, string?>("service", Service), KeyValuePair.Create("to", To)]);
        if (Targets.Count == 0 && !IsReset)
            return Back(ActionOutcome.No("Choose one of the listed send methods."), here);
        if (string.IsNullOrWhiteSpace(why))
            return Back(RequiredReason.Missing, here);

        var moved = IsReset
            ? await choices.ResetAsync(Council, Service, Targets, Actor.Name, why.Trim(), Aborted)
            : await choices.SetAsync(Council, Service, Target!, routes.AcceptsAny(Target!), Actor.Name, why.Trim(), Aborted);
        return Back(
            ActionOutcome.Yes(
                $"Send method of {(Service.Length == 0 ? Council.Name : Service)}: {TargetName}. {DurationText.Count(moved, "waiting report")} moved."),
            $"/admin/councils/{Uri.EscapeDataString(council)}#send-method");
    }

    private async Task<bool> FindAsync(string council)
    {
        if (directory.Current.Find(council) is not { } found || found.JurisdictionId != council)
            return false;

        Council = found;
        var chosen = await choices.ListAsync(Aborted);
        var ofCouncil = chosen.Find(c => c.Council == council && c.Service.Length == 0)?.BackEnd;
        HasChoice = chosen.Exists(c => c.Council == council && c.Service == Service);
        // Model binding turns an empty value into null, but an empty value means that the choice is removed.
        To ??= Request.Query.ContainsKey("to") || (Request.HasFormContentType && Request.Form.ContainsKey("to")) ? "" : null;
        if (Service.Length == 0)
            SetCouncil(ofCouncil);
        else if (!await SetServiceAsync(ofCouncil))
            return false;

        SetTargets(Service.Length == 0 ? null : ofCouncil);
        return true;
    }

    /// <param name="inherited">The back end that was chosen for the council, if the page is about a service.</param>
    private void SetTargets(string? inherited)
    {
        if (IsReset)
            (Targets, GoneTarget) = (routes.Defaults(Council, inherited), inherited);
        else if (Target is not null)
            Targets = [new RouteTarget(routes.AcceptsAny(Target) ? "" : Target.Name, Target)];
    }

    private void SetCouncil(string? chosen)
    {
        SentBy = chosen ?? Council.SendMethod?.Name ?? "the owner of each service";
        Options = [.. Council.BackEnds.Values.Where(b => routes.Accepts(b, b.Name)).OrderBy(b => b.Name, StringComparer.Ordinal)];
        Target = IsReset ? Council.SendMethod : Options.FirstOrDefault(b => b.Name == To);
    }

    /// <returns>Whether the service exists.</returns>
    private async Task<bool> SetServiceAsync(string? ofCouncil)
    {
        if ((await catalogues.GetAsync(Council, Aborted))?.Find(Service) is not { } published)
            return false;

        var owner = published.Owner.Name;
        SentBy = (await table.RouteAsync(Council, published, Aborted)).Name;
        Options = routes.Of(Council, owner);
        Target = IsReset ? routes.Defaults(Council, ofCouncil).FirstOrDefault(t => t.Owner == owner)?.To : Options.FirstOrDefault(b => b.Name == To);
        return true;
    }
}
