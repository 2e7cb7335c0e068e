using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;

namespace PluginGateway.Admin.Pages.Councils;

[Needs(Role.Viewer, Role.Operator)]
internal sealed class ServicesModel(CouncilDirectory directory, ServiceCatalogues catalogues, CatalogueStore store, RouteTable table, CouncilActions actions)
    : AdminPage
{
    public Council Council { get; private set; } = null!;

    public PublishedServices? Published { get; private set; }

    public Page<PublishedService> Services { get; private set; } = null!;

    /// <summary>The back ends that reports of the shown services are sent through, by service code.</summary>
    public IReadOnlyDictionary<string, string> SentBy { get; private set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The catalogues with missing services that are still published.</summary>
    public IReadOnlyList<(string BackEnd, CatalogueState State)> Missing { get; private set; } = [];

    public bool MayChange => Actor.May(Role.Operator);

    public async Task<IActionResult> OnGetAsync(string council)
    {
        if (directory.Current.Find(council) is not { } found || found.JurisdictionId != council)
            return NotFound();

        Council = found;
        Published = await catalogues.GetAsync(found, Aborted);
        Services = PageOf(Published?.Services ?? [], "Services", "p", 100);
        var routes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var service in Services.Rows)
            routes[service.Code] = (await table.RouteAsync(found, service, Aborted)).Name;
        SentBy = routes;

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
            string.IsNullOrWhiteSpace(why)
                ? RequiredReason.Missing
                : await actions.AcceptMissingAsync(
                    council, backend ?? "", (shown ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), Actor.Name,
                    why.Trim(), Aborted),
            $"/admin/councils/{Uri.EscapeDataString(council)}/services");
}
