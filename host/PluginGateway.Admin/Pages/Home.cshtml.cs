using PluginGateway.Admin.Access;
using PluginGateway.Admin.Reading;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Admin.Pages;

[Needs(Role.Viewer)]
internal sealed class HomeModel(Overview overview) : AdminPage
{
    public OverviewPage Overview { get; private set; } = null!;

    public async Task OnGetAsync() => Overview = await overview.ReadAsync(Actor, Aborted);

    public static string Seconds(double? seconds) => seconds is { } s ? Spans.About(TimeSpan.FromSeconds(s)) : "–";
}
