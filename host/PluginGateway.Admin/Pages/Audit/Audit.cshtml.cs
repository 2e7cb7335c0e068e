using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages.Audit;

[Needs(Role.Viewer)]
internal sealed class AuditModel(AuditQueries audit, DisplayTimeZone zones) : AdminPage
{
    [BindProperty(SupportsGet = true)]
    public string? Council { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Who { get; set; }

    /// <summary>The action. The parameter is not called "action", because routing reserves that name.</summary>
    [BindProperty(SupportsGet = true)]
    public string? Act { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Of { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? From { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Until { get; set; }

    public override TimeZoneInfo Zone => Council is { Length: > 0 } council ? zones.Of(council) : base.Zone;

    public IReadOnlyList<AuditRow> Rows { get; private set; } = [];

    /// <summary>The address of the next page; null on the last page.</summary>
    public string? Next { get; private set; }

    public async Task<IActionResult> OnGetAsync(long? before)
    {
        if (Council is { Length: > 0 } council && !Actor.Sees(council))
            return NotFound();

        var filter = new AuditFilter(Council, Who, Act, Of, LocalDates.Begin(From, 0, Zone), LocalDates.Begin(Until, 1, Zone));
        var rows = await audit.ListAsync(filter, Actor.Councils, before, Aborted);
        Rows = [.. rows.Take(AuditQueries.PageSize)];
        if (rows.Count > AuditQueries.PageSize)
        {
            var query = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["council"] = Council,
                ["who"] = Who,
                ["act"] = Act,
                ["of"] = Of,
                ["from"] = From,
                ["until"] = Until,
                ["before"] = Rows[^1].Id.ToString(CultureInfo.InvariantCulture),
            };
            Next = "/admin/audit" + QueryString.Create(query.Where(q => !string.IsNullOrEmpty(q.Value)));
        }

        return Page();
    }
}
