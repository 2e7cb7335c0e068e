using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests sign-in through an identity provider on a real socket.</summary>
public sealed class OpenIdTests : IAsyncLifetime
{
    private readonly CollectingProvider _log = new();
    private IdentityProvider _provider = null!;
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _provider = await IdentityProvider.StartAsync();
        _gateway = new GatewayApp(
            $"--Admin:OpenIdConnect:Authority={_provider.Address}", $"--Admin:OpenIdConnect:ClientId={IdentityProvider.ClientId}",
            "--Admin:OpenIdConnect:Title=the council", "--Admin:OpenIdConnect:Scopes:0=groups", "--Admin:RequireSecondFactor=true",
            "--Admin:OpenIdConnect:Grants:0:Claim=groups", "--Admin:OpenIdConnect:Grants:0:Value=gateway-admins", "--Admin:OpenIdConnect:Grants:0:Role=Admin",
            "--Admin:OpenIdConnect:Grants:1:Claim=groups", "--Admin:OpenIdConnect:Grants:1:Value=highways", "--Admin:OpenIdConnect:Grants:1:Role=Operator",
            "--Admin:OpenIdConnect:Grants:1:Councils:0=one", "--Logging:LogLevel:Default=Information")
            .Change(services => services.AddSingleton<ILoggerProvider>(_log)).Council("one", Some.EmailCouncil("one")).Council("two", Some.EmailCouncil("two"));
        Directory.CreateDirectory(_gateway.Secrets);
        await File.WriteAllTextAsync(Path.Combine(_gateway.Secrets, "OPENID_CLIENT_SECRET"), IdentityProvider.ClientSecret);
        await _gateway.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Claims_give_a_role_and_councils()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "Rita.Roads"), ("groups", "staff"), ("groups", "highways")];
        using var visitor = new Visitor(_gateway.Address);

        Assert.Equal("/admin/councils/one", (await SignInAsync(visitor, "/admin/councils/one")).Location);

        // The identity provider is responsible for the second factor.
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin/councils/one")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/admin/councils/two")).Status);
        Assert.Contains("You sign in through the council", (await visitor.GetAsync("/admin/me")).Text);
        Assert.Equal(["S256"], _provider.CodeChallengeMethods);
        Assert.Equal("rita.roads", await _gateway.ReadAsync<string>("SELECT name FROM account"));
    }

    [Fact]
    public async Task Permissions_follow_the_claims_at_each_sign_in()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "highways")];
        using var first = new Visitor(_gateway.Address);
        await SignInAsync(first);
        Assert.Equal(HttpStatusCode.NotFound, (await first.GetAsync("/admin/accounts")).Status);

        _provider.Person = [("sub", "1"), ("preferred_username", "rita.new"), ("groups", "gateway-admins"), ("groups", "highways")];
        using var second = new Visitor(_gateway.Address);
        await SignInAsync(second);

        Assert.Equal(HttpStatusCode.OK, (await second.GetAsync("/admin/accounts")).Status);
        Assert.Equal(HttpStatusCode.Redirect, (await first.GetAsync("/admin")).Status);
        Assert.Equal(("rita", 1L), (await _gateway.ReadAsync<string>("SELECT name FROM account"), await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM account")));
    }

    [Fact]
    public async Task Somebody_who_is_signed_in_can_sign_in_again()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "highways")];
        using var visitor = new Visitor(_gateway.Address);
        await SignInAsync(visitor);

        Assert.Equal("/admin", (await SignInAsync(visitor)).Location);

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin")).Status);
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM account_session"));
    }

    [Fact]
    public async Task Sessions_end_when_the_claims_grant_nothing_any_more()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "gateway-admins")];
        using var first = new Visitor(_gateway.Address);
        await SignInAsync(first);

        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "staff")];
        using var second = new Visitor(_gateway.Address);
        await SignInAsync(second);

        Assert.Equal(HttpStatusCode.Redirect, (await first.GetAsync("/admin")).Status);
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM audit WHERE action = 'account-sessions-end'"));
    }

    [Fact]
    public async Task An_external_admin_can_disable_an_account_although_there_is_no_local_admin()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "highways")];
        using var visitor = new Visitor(_gateway.Address);
        await SignInAsync(visitor);
        var rita = (await _gateway.Get<AccountStore>().ListAsync(default)).Single();

        var changed = await _gateway.Get<AccountStore>().ChangeAsync(rita.Id, new Rights(rita.Role, rita.Councils), isDisabled: true, "test", "left", default);

        Assert.True(changed.Done, changed.Text);
    }

    [Fact]
    public async Task A_person_without_a_matching_claim_is_refused()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "eve"), ("groups", "Gateway-Admins"), ("role", "gateway-admins")];
        using var visitor = new Visitor(_gateway.Address);

        var refused = await SignInAsync(visitor);

        Assert.Equal("/admin/sign-in", refused.Location);
        Assert.Contains("You have no permissions in this gateway.", (await visitor.GetAsync("/admin/sign-in")).Text);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM account"));
    }

    [Fact]
    public async Task A_name_of_the_identity_provider_gives_no_access_to_the_local_account()
    {
        await _gateway.Get<AccountStore>().CreateAsync("boss", Visitor.Password, new Rights(Role.Admin, []), "test", first: null, default);
        _provider.Person = [("sub", "1"), ("preferred_username", "boss"), ("groups", "highways")];
        using var visitor = new Visitor(_gateway.Address);
        await SignInAsync(visitor);

        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM account"));
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync("/admin/accounts")).Status);
        // The local account is the way back in, and an account without a password has none.
        using var local = new Visitor(_gateway.Address);
        Assert.Equal("/admin", (await local.SignInAsync("boss", Visitor.Password)).Location);
        var external = (await _gateway.Get<AccountStore>().ListAsync(default)).Single(a => a.IsExternal);
        Assert.Contains("Wrong name or password", await local.FailToSignInAsync(external.Name, ""));
        Assert.False((await _gateway.Get<AccountStore>().SetPasswordAsync(external.Id, Visitor.Password, "test", default)).Done);
    }

    [Fact]
    public async Task A_disabled_account_stays_out()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "highways")];
        using var visitor = new Visitor(_gateway.Address);
        await SignInAsync(visitor);
        var accounts = _gateway.Get<AccountStore>();
        var rita = (await accounts.ListAsync(default)).Single();
        Assert.False((await accounts.ChangeAsync(rita.Id, new Rights(Role.Admin, []), isDisabled: false, "test", "no", default)).Done);
        await accounts.CreateAsync("boss", Visitor.Password, new Rights(Role.Admin, []), "test", first: null, default);
        Assert.True((await accounts.ChangeAsync(rita.Id, new Rights(rita.Role, rita.Councils), isDisabled: true, "test", "left", default)).Done);

        Assert.Equal("/admin/sign-in", (await SignInAsync(visitor)).Location);
        Assert.Contains("Your account is disabled.", (await visitor.GetAsync("/admin/sign-in")).Text);
    }

    [Fact]
    public async Task Admins_of_the_identity_provider_do_not_replace_the_last_local_admin()
    {
        _provider.Person = [("sub", "1"), ("preferred_username", "rita"), ("groups", "gateway-admins")];
        using var visitor = new Visitor(_gateway.Address);
        await SignInAsync(visitor);
        var accounts = _gateway.Get<AccountStore>();
        Assert.False(await accounts.AnyAsync(default));
        await accounts.CreateAsync("boss", Visitor.Password, new Rights(Role.Admin, []), "test", first: null, default);

        var boss = (await accounts.ListAsync(default)).Single(a => !a.IsExternal);
        Assert.Contains("last admin", (await accounts.ChangeAsync(boss.Id, new Rights(Role.Viewer, []), isDisabled: false, "test", "no", default)).Text);
    }

    [Fact]
    public async Task A_refused_or_forged_answer_signs_nobody_in()
    {
        using var visitor = new Visitor(_gateway.Address);
        Assert.Equal("/admin/sign-in", (await SignInAsync(visitor)).Location);
        Assert.Contains("The identity provider did not sign you in.", (await visitor.GetAsync("/admin/sign-in")).Text);

        Assert.Equal("/admin/sign-in", (await visitor.GetAsync("/admin/sign-in/openid?code=abc&state=forged")).Location);
        Assert.Contains("failed. Try again, or ask an admin", (await visitor.GetAsync("/admin/sign-in")).Text);
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/admin")).Status);
        Assert.Single(_log.Lines, line => line.Contains("[9005]", StringComparison.Ordinal));
        Assert.DoesNotContain(_log.Lines, line => line.Contains("Exception", StringComparison.Ordinal) || line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_identity_provider_that_is_away_is_explained_and_logged()
    {
        await _provider.DisposeAsync();
        using var visitor = new Visitor(_gateway.Address);

        var seen = await visitor.GetAsync("/admin/sign-in/with-openid");

        Assert.Equal("/admin/sign-in", seen.Location);
        Assert.Contains("cannot be reached", (await visitor.GetAsync("/admin/sign-in")).Text);
        Assert.Contains(_log.Lines, line => line.Contains("[9005]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Authority=http://idp.example.org")]
    [InlineData("ClientId=")]
    [InlineData("Grants:0:Value=")]
    [InlineData("Grants:1:Role=None")]
    [InlineData("Grants:1:Role=Admin")]
    public async Task Invalid_settings_stop_the_start(string setting)
    {
        await using var gateway = new GatewayApp(
            "--Admin:OpenIdConnect:Authority=https://idp.example.org", "--Admin:OpenIdConnect:ClientId=gateway",
            "--Admin:OpenIdConnect:Grants:0:Claim=groups", "--Admin:OpenIdConnect:Grants:0:Value=a", "--Admin:OpenIdConnect:Grants:0:Role=Admin",
            "--Admin:OpenIdConnect:Grants:1:Claim=groups", "--Admin:OpenIdConnect:Grants:1:Value=b", "--Admin:OpenIdConnect:Grants:1:Role=Operator",
            "--Admin:OpenIdConnect:Grants:1:Councils:0=one", $"--Admin:OpenIdConnect:{setting}");

        var e = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => gateway.StartAsync());

        Assert.Contains("Admin:OpenIdConnect:", e.Message);
    }

    /// <summary>Signs in through the identity provider, and returns the answer to its redirect.</summary>
    private async Task<Seen> SignInAsync(Visitor visitor, string to = "/admin")
    {
        var link = (await visitor.GetAsync($"/admin/sign-in?to={Uri.EscapeDataString(to)}")).Document.QuerySelector("a.button")!;
        Assert.Equal("Sign in with the council", link.TextContent);
        var challenge = await visitor.GetAsync(link.GetAttribute("href")!);
        // Sign-ins that are not completed leave nothing in the browser for long.
        Assert.All(challenge.SetCookies, cookie => Assert.Contains("max-age=900", cookie));
        Assert.StartsWith(_provider.Address.ToString(), challenge.Location);
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var answer = await browser.GetAsync(challenge.Location);
        Assert.True(answer.Headers.Location is not null, await answer.Content.ReadAsStringAsync());
        return await visitor.GetAsync(answer.Headers.Location!.PathAndQuery);
    }
}
