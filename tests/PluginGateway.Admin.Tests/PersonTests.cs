using System.Net;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests the page that finds, exports and erases the data of one person.</summary>
public sealed class PersonTests : IAsyncLifetime
{
    private const string Page = "/admin/people";

    private readonly GatewayApp _gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        await _gateway.PostAsync("one", [.. Some.Report("BIN", "1", "Ann's bin"), ("email", "ann@example.org"), ("phone", "07700 900123")]);
        await _gateway.MailsAsync(1);
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 1, "the report is sent");
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Data_is_found_exported_and_erased_without_the_address_in_a_URL()
    {
        using var visitor = await Visitor.SignedInAsync(_gateway, Role.Admin);
        Assert.Contains("Enter a reason.", (await visitor.SubmitRefusedAsync(Page, "form[action*=Find]", ("value", "ann@example.org"), ("why", " "))).Text);

        var found = await visitor.SubmitAsync(Page, "form[action*=Find]", ("value", "+44 7700 900123"), ("why", "request 7"));
        Assert.Equal(Page, found.Location);
        Assert.Contains("1 report, 0 updates.", (await visitor.GetAsync(Page)).Text);

        var exported = await visitor.SubmitAsync(Page, "form[action*=Export]", ("why", "request 7"));
        Assert.Equal((HttpStatusCode.OK, "application/zip"), (exported.Status, exported.Headers["Content-Type"]));

        Assert.Contains("1 report and 0 updates erased.", (await visitor.FollowAsync(await visitor.SubmitAsync(Page, "form[action*=Erase]", ("why", "request 7")))).Text);
        Assert.Contains("Nothing is kept of this person.", (await visitor.GetAsync(Page)).Text);
        Assert.Equal(3, await _gateway.ReadAsync<long>("SELECT COUNT(DISTINCT action) FROM audit WHERE action LIKE 'person-%'"));
    }

    [Fact]
    public async Task Only_admins_may_see_the_page()
    {
        using var visitor = await Visitor.SignedInAsync(_gateway, Role.Operator);
        Assert.Equal(HttpStatusCode.Forbidden, (await visitor.GetAsync(Page)).Status);
    }
}
