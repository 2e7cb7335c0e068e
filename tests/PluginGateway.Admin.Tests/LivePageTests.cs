using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests in a browser that pages say when they are out of date, that what was typed survives a sign-in, and that a reload repeats nothing.</summary>
public sealed class LivePageTests : IAsyncLifetime
{
    private const string Name = "ada";
    private const string Stale = "main .stale";

    private readonly GatewayApp _gateway = new GatewayApp().Council("one", Some.EmailCouncil("one"));
    private Browser? _browser;

    private Browser Browser => _browser!;

    public async ValueTask InitializeAsync()
    {
        if (!Browser.IsInstalled)
            return;
        await _gateway.StartAsync();
        _browser = await Browser.SignedInAsync(_gateway, Name, Role.Admin);
    }

    public async ValueTask DisposeAsync()
    {
        _browser?.Dispose();
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_page_without_a_session_says_since_when_it_is_not_updated()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Browser.Go("/admin/councils/one");
        Assert.Equal(0, Browser.Count(Stale));

        await EndSessionsAsync();
        await Browser.WaitForAsync("sign in again.");
        Assert.Matches(@"Not updated since \d\d:\d\d: sign in again\.", Browser.Text);
        Assert.NotEqual(0, Browser.Count(Stale));

        SignIn(Name, Browser.Click("sign in again"));
        Assert.Equal("/admin/councils/one", Browser.Address);
        Assert.DoesNotContain("Not updated", Browser.Text);
        Assert.Equal(0, Browser.Count(Stale));
    }

    [Fact]
    public async Task A_page_of_a_gateway_that_is_away_says_so()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Browser.Go("/admin");

        await _gateway.StopAsync();
        await Browser.WaitForAsync("the gateway cannot be reached.");
        Assert.Matches(@"Not updated since \d\d:\d\d: the gateway cannot be reached\.", Browser.Text);
        Assert.NotEqual(0, Browser.Count(Stale));
    }

    [Fact]
    public async Task What_was_typed_survives_a_sign_in()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Browser.Go("/admin/councils/one").Choose("backend", "email").Type("why", "storm damage", within: "pause");
        await EndSessionsAsync();

        Browser.Press("Pause", within: "pause");
        Assert.StartsWith("/admin/sign-in", Browser.Address, StringComparison.Ordinal);
        SignIn(Name, Browser);
        Assert.Equal("/admin/councils/one", Browser.Address);
        await Browser.WaitForAsync("What you typed before you signed in again is restored.");
        Assert.Equal("email", Browser.ValueOf("backend"));
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM suspension"));

        Browser.Press("Pause", within: "pause");
        Assert.Contains("Paused: back end email.", Browser.Text);
        Assert.Contains("storm damage", Browser.Text);
        Assert.Equal("", Browser.Go("/admin/councils/one").ValueOf("why", within: "pause"));
    }

    [Fact]
    public async Task What_was_typed_is_not_shown_to_another_account()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        Assert.True((await _gateway.Get<AccountStore>().CreateAsync("bob", Visitor.Password, new Rights(Role.Admin, []), "a test", first: null, default)).Done);
        Browser.Go("/admin/councils/one").Type("why", "storm damage", within: "pause");
        await EndSessionsAsync();

        Browser.Press("Pause", within: "pause");
        SignIn("bob", Browser);
        Assert.DoesNotContain("restored", Browser.Text);
        Assert.Equal("", Browser.ValueOf("why", within: "pause"));
    }

    [Fact]
    public async Task A_reload_never_creates_a_second_key()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        var before = await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM api_key");
        Browser.Go("/admin/clients").Type("client", "FixMyStreet").Press("Create key");
        Assert.Contains("New key for FixMyStreet.", Browser.Text);

        Browser.Reload();
        Assert.Equal("/admin/clients", Browser.Address);
        Assert.DoesNotContain("New key for", Browser.Text);
        Assert.Equal(before + 1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM api_key"));
    }

    private static void SignIn(string name, Browser browser) => browser.Type("name", name).Type("password", Visitor.Password).Press("Sign in");

    private Task EndSessionsAsync() => _gateway.Get<IDatabase>().WriteAsync(db => db.ExecuteAsync("DELETE FROM account_session"), default);
}
