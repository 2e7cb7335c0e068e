using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.Audit;

/// <summary>Shows one entry of the audit log in full.</summary>
[Needs(Role.Viewer)]
internal sealed class EntryModel(AuditQueries audit, DisplayTimeZone zones) : AdminPage
{
    public AuditRow Row { get; private set; } = new();

    public override TimeZoneInfo Zone => Row.Council.Length > 0 ? zones.Of(Row.Council) : base.Zone;

    public async Task<IActionResult> OnGetAsync(long id)
    {
        if (await audit.FindAsync(id, Aborted) is not { } row || !(row.Council.Length > 0 ? Actor.Sees(row.Council) : Actor.SeesAll))
            return NotFound();
        Row = row;
        return Page();
    }
}
