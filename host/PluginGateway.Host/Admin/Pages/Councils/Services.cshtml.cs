using Microsoft.AspNetCore.Mvc;
using PluginGateway.Host.Admin.Access;
using PluginGateway.Host.Admin.SignIn;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending.Operating;

namespace PluginGateway.Host.Admin.Pages;

[Needs(Role.Viewer, Role.Operator)]
internal sealed class ServicesModel(CouncilDirectory directory, ServiceCatalogues catalogues, CatalogueStore store, RouteTable table, CouncilActions actions) : AdminPage
{
    public const int PerPage = 100;

    public Council Council { get; private set; } = null!;

    public PublishedServices? Published { get; private set; }

    public IReadOnlyList<(PublishedService Service, string Route)> Rows { get; private set; } = [];

    /// <summary>Catalogues from which services vanished that are still served.</summary>
    public IReadOnlyList<(string BackEnd, CatalogueState State)> Missing { get; private set; } = [];

    [BindProperty(Name = "p", SupportsGet = true)]
    public int PageNumber { get; set; } = 1;

    public bool MayChange => Actor.May(Role.Operator);

    public async Task<IActionResult> OnGetAsync(string council)
    {
        if (directory.Current.Find(council) is not { } found || found.JurisdictionId != council)
            return NotFound();

        (Council, PageNumber) = (found, Math.Max(1, PageNumber));
        Published = await catalogues.GetAsync(found, Aborted);
        var rows = new List<(PublishedService, string)>();
        foreach (var service in Published?.Services.Skip((PageNumber - 1) * PerPage).Take(PerPage) ?? [])
            rows.Add((service, (await table.RouteAsync(found, service, Aborted)).Name));
        Rows = rows;

        var missing = new List<(string, CatalogueState)>();
        foreach (var backEnd in found.BackEnds.Keys.Order(StringComparer.Ordinal))
            if (await store.FindAsync(council, backEnd, Aborted) is { Missing.Count: > 0 } state)
                missing.Add((backEnd, state));
        Missing = missing;
        return Page();
    }

    public async Task<IActionResult> OnPostAsync(string council, string? backend, string? shown, string? why) => directory.Current.Find(council) is null
        ? NotFound()
        : Back(
            string.IsNullOrWhiteSpace(why) ? Reasons.Missing : await actions.AcceptMissingAsync(council, backend ?? "", (shown ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), Actor.Name, why.Trim(), Aborted),
            $"/admin/councils/{Uri.EscapeDataString(council)}/services");
}
