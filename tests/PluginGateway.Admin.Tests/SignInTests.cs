using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests sign-in, sessions, cookies and password guessing.</summary>
public sealed class SignInTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly GatewayApp _gateway;

    public SignInTests() => _gateway = new GatewayApp().Clock(_clock).Council("one", Some.EmailCouncil("one"));

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Sign_in_page_without_accounts_explains_how_to_create_the_first_one()
    {
        using var visitor = new Visitor(_gateway.Address);

        var page = await visitor.GetAsync("/admin/sign-in");

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains("account create", page.Text);
        Assert.Equal("/admin/sign-in?to=%2Fadmin", (await visitor.GetAsync("/admin")).Location);
    }

    [Fact]
    public async Task A_set_up_link_creates_one_admin()
    {
        var token = await TokenAsync(_clock.GetUtcNow().AddHours(1));
        using var visitor = new Visitor(_gateway.Address);

        var refused = await visitor.SubmitRefusedAsync($"/admin/set-up/{token}", "form", ("name", "ann"), ("password", "short"));
        Assert.Contains("at least 12", refused.Text);
        Assert.Equal("ann", refused.Document.QuerySelector("#name")!.GetAttribute("value"));
        Assert.Equal("/admin", (await visitor.SubmitAsync($"/admin/set-up/{token}", "form", ("name", "Ann"), ("password", Visitor.Password))).Location);

        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin/accounts")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync($"/admin/set-up/{token}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync($"/admin/set-up/{new string('0', 64)}")).Status);
        Assert.Equal(["ann"], (await _gateway.Get<AccountStore>().ListAsync(default)).Select(a => a.Name));
    }

    [Fact]
    public async Task An_expired_set_up_link_is_refused()
    {
        using var visitor = new Visitor(_gateway.Address);

        Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync($"/admin/set-up/{await TokenAsync(_clock.GetUtcNow().AddHours(-1))}")).Status);
    }

    [Fact]
    public async Task Each_sign_in_has_a_new_id_and_ends_the_previous_session()
    {
        using var visitor = await Visitor.SignedInAsync(_gateway, Role.Viewer);
        var before = Session(visitor);
        await CreateAccountAsync("bob");

        Assert.Equal("/admin", (await visitor.SubmitAsync("/admin/sign-in", "form", ("name", "bob"), ("password", Visitor.Password))).Location);

        var after = Session(visitor);
        Assert.NotEqual(before.Value, after.Value);
        using var thief = new Visitor(_gateway.Address);
        thief.Cookies.Add(new Cookie(before.Name, before.Value, "/", _gateway.Address.Host));
        Assert.Equal(HttpStatusCode.Redirect, (await thief.GetAsync("/admin")).Status);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin")).Status);
    }

    [Fact]
    public async Task A_session_is_invalid_after_signing_out()
    {
        using var visitor = await Visitor.SignedInAsync(_gateway, Role.Viewer);
        var session = Session(visitor);

        await visitor.SubmitAsync("/admin/sign-out", "form");

        visitor.Cookies.Add(new Cookie(session.Name, session.Value, "/", _gateway.Address.Host));
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/admin")).Status);
    }

    [Fact]
    public async Task An_outdated_sign_in_or_sign_out_form_redirects_by_the_current_session()
    {
        await CreateAccountAsync("bob");
        using var visitor = new Visitor(_gateway.Address);
        var signIn = Token(await visitor.GetAsync("/admin/sign-in"));
        await visitor.SignInAsync("bob", Visitor.Password);
        var signOut = Token(await visitor.GetAsync("/admin"));

        Assert.Equal("/admin", (await visitor.PostAsync("/admin/sign-in", ("form", signIn), ("name", "bob"), ("password", Visitor.Password))).Location);
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal("/admin/sign-in", (await visitor.PostAsync("/admin/sign-out", ("form", signOut))).Location);
        Assert.Equal(HttpStatusCode.BadRequest, (await visitor.PostAsync("/admin/sign-out")).Status);

        static string Token(Seen page) => page.Document.QuerySelector<IHtmlInputElement>("input[name=form]")!.Value;
    }

    [Fact]
    public async Task An_unknown_address_is_not_found_with_and_without_sign_in()
    {
        using var visitor = new Visitor(_gateway.Address);
        using var viewer = await Visitor.SignedInAsync(_gateway, Role.Viewer);

        foreach (var address in new[] { "/admin/nonsense", "/admin/audit/abc" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await visitor.GetAsync(address)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await viewer.GetAsync(address)).Status);
        }

        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await visitor.PostAsync(AdminAssets.Style)).Status);
    }

    [Fact]
    public async Task A_session_ends_when_idle_and_after_its_maximum_duration()
    {
        using var idle = await Visitor.SignedInAsync(_gateway, Role.Viewer);
        using var busy = await Visitor.SignedInAsync(_gateway, Role.Viewer);

        for (var i = 0; i < 35; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await busy.GetAsync("/admin")).Status);
            _clock.Advance(TimeSpan.FromMinutes(20));
            if (i == 1)
                Assert.Equal(HttpStatusCode.Redirect, (await idle.GetAsync("/admin")).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await busy.GetAsync("/admin")).Status);
        _clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Equal(HttpStatusCode.Redirect, (await busy.GetAsync("/admin")).Status);
    }

    [Fact]
    public async Task A_changed_account_is_signed_out_and_the_last_admin_cannot_be_demoted()
    {
        using var admin = await Visitor.SignedInAsync(_gateway, Role.Admin);
        using var other = await Visitor.SignedInAsync(_gateway, Role.Operator);
        var accounts = await _gateway.Get<AccountStore>().ListAsync(default);
        var (boss, worker) = (accounts.Single(a => a.Role == Role.Admin), accounts.Single(a => a.Role == Role.Operator));

        await admin.SubmitAsync($"/admin/accounts/{worker.Id}", "form[action*=Rights]", ("role", "Viewer"), ("why", "moved on"));
        var refused = await admin.SubmitAsync($"/admin/accounts/{boss.Id}", "form[action*=Rights]", ("role", "Viewer"), ("why", "oops"));

        Assert.Equal(HttpStatusCode.Redirect, (await other.GetAsync("/admin")).Status);
        Assert.Contains("last admin", (await admin.GetAsync(refused.Location!)).Text);
        Assert.Equal(Role.Admin, (await _gateway.Get<AccountStore>().FindAsync(boss.Id, default))!.Role);
    }

    [Fact]
    public async Task A_password_is_hashed_with_600_000_iterations_of_pbkdf2()
    {
        await CreateAccountAsync("bob");

        var hash = Convert.FromBase64String(await _gateway.ReadAsync<string>("SELECT password FROM account WHERE name = 'bob'"));

        // ASP.NET Core's format 3: marker, algorithm (2 is HMAC-SHA-512), iterations.
        Assert.Equal((1, 2, 600_000), (hash[0], hash[4], (hash[5] << 24) | (hash[6] << 16) | (hash[7] << 8) | hash[8]));
    }

    [Theory]
    [InlineData("Production", "", HttpStatusCode.Forbidden)]
    [InlineData("Production", "Host: gateway.example", HttpStatusCode.Forbidden)]
    [InlineData("Development", "", HttpStatusCode.OK)]
    [InlineData("Development", "Host: gateway.example", HttpStatusCode.Forbidden)]
    [InlineData("Development", "X-Forwarded-For: 203.0.113.9", HttpStatusCode.Forbidden)]
    [InlineData("Development", "X-Forwarded-Proto: https", HttpStatusCode.Forbidden)]
    public async Task Http_is_served_only_in_development_and_to_this_machine(string environment, string header, HttpStatusCode expected)
    {
        await using var gateway = new GatewayApp($"--environment={environment}", "--Admin:AllowHttp=false").Council("one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        using var visitor = new Visitor(gateway.Address);
        using var message = new HttpRequestMessage(HttpMethod.Get, "/admin/sign-in");
        if (header.Split(": ") is [var name, var value])
            message.Headers.TryAddWithoutValidation(name, value);

        using var response = await visitor.SendAsync(message);

        Assert.Equal(expected, response.StatusCode);
        Assert.False(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Https_that_a_known_proxy_states_counts_as_https()
    {
        await using var gateway = new GatewayApp("--Admin:AllowHttp=false", "--Proxies:Known=127.0.0.1").Council("one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        using var visitor = new Visitor(gateway.Address);
        using var message = new HttpRequestMessage(HttpMethod.Get, "/admin/sign-in");
        message.Headers.Add("X-Forwarded-For", "203.0.113.9");
        message.Headers.Add("X-Forwarded-Proto", "https");

        using var response = await visitor.SendAsync(message);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("max-age=31536000", response.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.All(response.Headers.GetValues("Set-Cookie"), c => Assert.StartsWith("__Host-", c, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cross-site", HttpStatusCode.Forbidden)]
    [InlineData("same-site", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", HttpStatusCode.Redirect)]
    public async Task Form_that_was_sent_from_another_site_is_refused_even_with_its_token(string from, HttpStatusCode expected)
    {
        using var visitor = await Visitor.SignedInAsync(_gateway, Role.Viewer);
        var token = (await visitor.GetAsync("/admin")).Document.QuerySelector<IHtmlInputElement>("input[name=form]")!.Value;
        using var message = new HttpRequestMessage(HttpMethod.Post, "/admin/sign-out")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("form", token)]),
        };
        message.Headers.Add("Sec-Fetch-Site", from);

        using var response = await visitor.SendAsync(message);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Cookies_are_bound_to_the_host_on_https_and_plain_on_http()
    {
        await CreateAccountAsync("bob");
        using var plain = new Visitor(_gateway.Address);
        Assert.Equal("/admin", (await plain.SignInAsync("bob", Visitor.Password)).Location);
        var all = plain.Cookies.GetCookies(_gateway.Address);
        Assert.NotEmpty(all);
        Assert.All(all, c => Assert.True(!c.Secure && c.HttpOnly && !c.Name.StartsWith("__Host-", StringComparison.Ordinal)));

        using var folder = new TempFolder();
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest(Visitor.OfTests, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(
            DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllBytesAsync(folder.At("c.pfx"), certificate.Export(X509ContentType.Pfx, "p"));
        await using var gateway =
            new GatewayApp(
                "--urls=https://127.0.0.1:0", $"--Kestrel:Certificates:Default:Path={folder.At("c.pfx")}", "--Kestrel:Certificates:Default:Password=p").Council(
                    "one", Some.EmailCouncil("one"));
        await gateway.StartAsync();
        Assert.True((await gateway.Get<AccountStore>().CreateAsync("bob", Visitor.Password, new Rights(Role.Viewer, []), "a test", first: null, default)).Done);
        using var secure = new Visitor(gateway.Address);
        Assert.Equal("/admin", (await secure.SignInAsync("bob", Visitor.Password)).Location);

        Assert.Equal(HttpStatusCode.OK, (await secure.GetAsync("/admin")).Status);
        all = secure.Cookies.GetCookies(gateway.Address);
        Assert.Contains(all, c => c.Name == "__Host-pgw-session");
        Assert.All(all, c => Assert.True(c is { Secure: true, HttpOnly: true, Path: "/" } && c.Name.StartsWith("__Host-", StringComparison.Ordinal), c.Name));
    }

    private static Cookie Session(Visitor visitor) => visitor.Cookies.GetAllCookies().Single(c => c.Name == "pgw-session");

    private async Task CreateAccountAsync(string name) =>
        Assert.True((await _gateway.Get<AccountStore>().CreateAsync(name, Visitor.Password, new Rights(Role.Viewer, []), "a test", first: null, default)).Done);

    private async Task<string> TokenAsync(DateTimeOffset expires)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        await _gateway.Get<PluginGateway.Core.Storage.IDatabase>().WriteAsync(
            db => db.ExecuteAsync(
                "INSERT INTO set_up_link (token_key, expires) VALUES (@key, @expires)",
                new { key = Sessions.KeyOf(token), expires = expires.ToUnixTimeMilliseconds() }), default);
        return token;
    }
}
