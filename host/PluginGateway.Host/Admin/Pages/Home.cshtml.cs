using Microsoft.AspNetCore.Mvc;
using PluginGateway.Host.Admin.Access;
using PluginGateway.Host.Admin.Reading;
using PluginGateway.Host.Admin.SignIn;

namespace PluginGateway.Host.Admin.Pages;

[Needs(Role.Viewer)]
internal sealed class HomeModel(Overview overview) : AdminPage
{
    public const int PerPage = 25;
    public const int MostTroubles = 25;

    [BindProperty(Name = "p", SupportsGet = true)]
    public int PageNumber { get; set; } = 1;

    public OverviewPage Overview { get; private set; } = null!;

    public async Task OnGetAsync()
    {
        PageNumber = Math.Max(1, PageNumber);
        Overview = await overview.ReadAsync(Actor, Aborted);
    }

    public static string Seconds(double? seconds) => seconds is { } s ? Spans.About(TimeSpan.FromSeconds(s)) : "–";
}
