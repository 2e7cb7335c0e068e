using PluginGateway.Admin.Access;
using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages;

[Needs(Role.Viewer)]
internal sealed class HomeModel(Overview overview) : AdminPage
{
    public OverviewPage Overview { get; private set; } = null!;

    public async Task OnGetAsync() => Overview = await overview.ReadAsync(Actor, Aborted);

    public static string Seconds(double? seconds) => seconds is { } s ? DurationText.Text(TimeSpan.FromSeconds(s)) : "–";
}
