using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Councils;

/// <summary>How a council's reports, or those of one service, are sent: what would happen is shown before it is done.</summary>
[Needs(Role.Viewer, Role.Operator)]
internal sealed class SendMethodModel(CouncilDirectory directory, ServiceCatalogues catalogues, RouteTable table, RouteActions choices, Routes routes)
    : AdminPage
{
    private PublishedService? _published;

    public Council Council { get; private set; } = null!;

    [BindProperty(SupportsGet = true)]
    public string Service { get; set => field = value ?? ""; } = "";

    /// <summary>What is looked at; empty for taking a service's own choice back, null for nothing yet.</summary>
    [BindProperty(SupportsGet = true)]
    public string? To { get; set; }

    public string NowBy { get; private set; } = "";

    public IReadOnlyList<BackEnd> Offered { get; private set; } = [];

    /// <summary>What reports would be sent by; null before it was chosen.</summary>
    public BackEnd? Target { get; private set; }

    public RoutePreview Preview { get; private set; } = new(0, 0);

    public bool TakesAny => Target is not null && routes.TakesAny(Target);

    public bool MayChange => Actor.May(Role.Operator);

    public override TimeZoneInfo Zone => Council?.TimeZone ?? base.Zone;

    public async Task<IActionResult> OnGetAsync(string council)
    {
        if (!await FindAsync(council))
            return NotFound();
        if (Target is not null)
            Preview = await choices.PreviewAsync(Council, Service, Target, routes.TakesAny(Target), Aborted);
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string council, string? why)
    {
        if (!await FindAsync(council))
            return NotFound();
        var here = $"/admin/councils/{Uri.EscapeDataString(council)}/send-method"
            + QueryString.Create([KeyValuePair.Create<string, string?>("service", Service), KeyValuePair.Create("to", To)]);
        if (Target is null)
            return Back(ActionOutcome.No($"{To} cannot be chosen here."), here);
        if (string.IsNullOrWhiteSpace(why))
            return Back(RequiredReason.Missing, here);

        var moved = await choices.SetAsync(
            Council, Service, Target, routes.TakesAny(Target), Actor.Name, why.Trim(), Aborted, forget: To is not { Length: > 0 });
        return Back(
            ActionOutcome.Yes(
                $"{(Service.Length == 0 ? "All services" : Service)}: sent by {Target.Name}. {DurationText.Count(moved, "waiting report")} moved."),
            $"/admin/councils/{Uri.EscapeDataString(council)}#send-method");
    }

    private async Task<bool> FindAsync(string council)
    {
        if (directory.Current.Find(council) is not { } found || found.JurisdictionId != council)
            return false;

        Council = found;
        var chosen = await choices.ListAsync(Aborted);
        var ofCouncil = chosen.Find(c => c.Council == council && c.Service.Length == 0)?.BackEnd;
        // Null in a query or form is what is not there; an empty one is "as for the council".
        To ??= Request.Query.ContainsKey("to") || (Request.HasFormContentType && Request.Form.ContainsKey("to")) ? "" : null;
        if (Service.Length == 0)
        {
            NowBy = ofCouncil ?? Council.SendMethod?.Name ?? "the owner of each service";
            Offered = [.. Council.BackEnds.Values.Where(b => routes.Takes(b, b.Name)).OrderBy(b => b.Name, StringComparer.Ordinal)];
            Target = To is { Length: > 0 } ? Offered.FirstOrDefault(b => b.Name == To) : null;
            return true;
        }

        _published = (await catalogues.GetAsync(Council, Aborted))?.Find(Service);
        if (_published is null)
            return false;

        NowBy = (await table.RouteAsync(Council, _published, Aborted)).Name;
        Offered = routes.Of(Council, _published.Owner.Name);
        Target = To is { Length: > 0 }
            ? Offered.FirstOrDefault(b => b.Name == To)
            : To is null ? null : Without(ofCouncil);
        return true;
    }

    /// <summary>What the service is sent by without a choice of its own.</summary>
    private BackEnd Without(string? ofCouncil)
    {
        var backEnd = ofCouncil is null ? Council.SendMethod : Council.BackEnds.GetValueOrDefault(ofCouncil);
        return backEnd is not null && routes.Takes(backEnd, _published!.Owner.Name) ? backEnd : _published!.Owner;
    }
}
