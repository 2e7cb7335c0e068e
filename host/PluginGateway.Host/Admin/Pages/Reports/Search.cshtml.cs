using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using PluginGateway.Host.Admin.Access;
using PluginGateway.Host.Admin.Reading;
using PluginGateway.Host.Admin.SignIn;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Sending.Operating;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Admin.Pages;

[Needs(Role.Viewer)]
internal sealed class SearchModel(ReportSearch search, CouncilDirectory directory, IDatabase database) : AdminPage
{
    public static readonly IReadOnlyList<(string Value, string Title)> States =
    [
        ("", "all"), ("unsent", "all that is not sent"), ("pending", "waiting"), ("sending", "being sent"), ("retrying", "tried again"), ("unknown", "may have arrived"), ("held", "held"),
        ("failed", "given up"), ("sent", "sent"), ("cancelled", "cancelled"),
    ];

    [BindProperty(SupportsGet = true)]
    public string? Q { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Council { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Backend { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Service { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? State { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Cause { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? From { get; set; }

    [BindProperty(SupportsGet = true)]
    public string? Until { get; set; }

    public IEnumerable<string> Councils => directory.Current.Councils.Select(c => c.JurisdictionId).Where(Actor.Sees);

    public IReadOnlyList<FoundReport> Rows { get; private set; } = [];

    /// <summary>Where the next page is; null when this is the last.</summary>
    public string? Next { get; private set; }

    public override TimeZoneInfo Zone => Council is { Length: > 0 } council && directory.Current.Find(council) is { } one ? one.TimeZone : base.Zone;

    public async Task<IActionResult> OnGetAsync(long? before)
    {
        if (Council is { Length: > 0 } council && !Actor.Sees(council))
            return NotFound();
        if (Q?.Trim() is { Length: > 0 } id)
        {
            var (target, _) = await database.ReadAsync(db => Target.FindAsync(db, id), Aborted);
            if (target is not null && Actor.Sees(target.Council))
                return LocalRedirect($"/admin/reports/{Uri.EscapeDataString(target.OwnId.Length > 0 ? target.OwnId : id)}");
            return Page();
        }

        var rows = await search.ListAsync(Filter(), Actor, before, ReportSearch.PageSize + 1, Aborted);
        Rows = [.. rows.Take(ReportSearch.PageSize)];
        if (rows.Count > ReportSearch.PageSize)
            Next = "/admin/reports" + QueryString.Create(Request.Query.Where(q => q.Key != "before").SelectMany(q => q.Value.Select(v => KeyValuePair.Create(q.Key, v)))
                .Append(KeyValuePair.Create<string, string?>("before", Rows[^1].Id.ToString(CultureInfo.InvariantCulture))));
        return Page();
    }

    private SearchFilter Filter() => new()
    {
        Council = Council,
        BackEnd = Backend,
        Service = Service,
        States = Enum.TryParse<StateFilter>(State, ignoreCase: true, out var state) ? state : StateFilter.All,
        Cause = Cause,
        From = Days.Begin(From, 0, Zone),
        To = Days.Begin(Until, 1, Zone),
    };
}
