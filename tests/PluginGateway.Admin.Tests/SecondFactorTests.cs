using System.Net;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using OtpNet;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;
using QRCoder;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests the second factor of accounts: set-up, sign-in, recovery codes, guessing, and the setting that requires it.</summary>
public sealed class SecondFactorTests : IAsyncLifetime
{
    private const string Page = "/admin/me/second-factor";

    private readonly FakeTimeProvider _clock = new(Some.Time);
    private GatewayApp _gateway;

    public SecondFactorTests() => _gateway = new GatewayApp().Clock(_clock).Council("one", Some.EmailCouncil("one"));

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        await AddAsync("ann", Role.Admin);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Sign_in_needs_a_code_after_the_second_factor_was_set_up()
    {
        var (secret, _) = await SetUpAsync();
        using var visitor = new Visitor(_gateway.Address);

        var asked = await visitor.SubmitAsync("/admin/sign-in?to=%2Fadmin%2Fme", "form", ("name", "ann"), ("password", Visitor.Password));
        Assert.Equal("/admin/sign-in/code?to=%2Fadmin%2Fme", asked.Location);
        Assert.Equal(HttpStatusCode.Redirect, (await visitor.GetAsync("/admin/me")).Status);

        Assert.Contains("Wrong code.", (await visitor.SubmitRefusedAsync(asked.Location!, "form", ("code", "000000"))).Text);
        Assert.Contains("Wrong code.", (await visitor.SubmitRefusedAsync(asked.Location!, "form", ("code", "x"))).Text);
        Assert.Equal("/admin/me", (await visitor.SubmitAsync(asked.Location!, "form", ("code", CodeOf(secret)))).Location);
        Assert.Contains("On: signing in requires a code", (await visitor.GetAsync("/admin/me")).Text);
    }

    [Fact]
    public async Task A_code_is_valid_once_and_within_half_a_minute()
    {
        var (secret, _) = await SetUpAsync();
        var (used, old) = (CodeOf(secret), CodeOf(secret, -90));
        using var visitor = new Visitor(_gateway.Address);
        await visitor.SignInAsync("ann", Visitor.Password);

        Assert.Equal("/admin", (await visitor.SubmitAsync("/admin/sign-in/code", "form", ("code", $"{used[..3]} {used[3..]}"))).Location);
        using var other = new Visitor(_gateway.Address);
        await other.SignInAsync("ann", Visitor.Password);
        Assert.Contains("Wrong code.", (await other.SubmitRefusedAsync("/admin/sign-in/code", "form", ("code", used))).Text);
        Assert.Contains("Wrong code.", (await other.SubmitRefusedAsync("/admin/sign-in/code", "form", ("code", old))).Text);
        // A device's clock may be half a minute ahead.
        Assert.Equal("/admin", (await other.SubmitAsync("/admin/sign-in/code", "form", ("code", CodeOf(secret, 30)))).Location);
    }

    [Fact]
    public async Task A_recovery_code_is_valid_once()
    {
        var (_, codes) = await SetUpAsync();
        Assert.Equal(SecondFactor.RecoveryCodes, codes.Distinct().Count());
        using var visitor = new Visitor(_gateway.Address);
        await visitor.SignInAsync("ann", Visitor.Password);

        Assert.Equal("/admin", (await visitor.SubmitAsync("/admin/sign-in/code", "form", ("code", codes[3].ToUpperInvariant()))).Location);
        Assert.Contains("9 recovery codes are left", (await visitor.GetAsync(Page)).Text);
        Assert.Contains("a recovery code was used, 9 left", await _gateway.ReadAsync<string>("SELECT after FROM audit WHERE action = 'account-recovery-code'"));
        using var other = new Visitor(_gateway.Address);
        await other.SignInAsync("ann", Visitor.Password);
        Assert.Contains("Wrong code.", (await other.SubmitRefusedAsync("/admin/sign-in/code", "form", ("code", codes[3]))).Text);

        await visitor.SubmitAsync(Page, "form[action*=Codes]", ("now", Visitor.Password));
        Assert.NotEqual(codes, Codes(await visitor.GetAsync(Page)));
        Assert.Null(Codes(await visitor.GetAsync(Page)));
        Assert.Contains("Wrong code.", (await other.SubmitRefusedAsync("/admin/sign-in/code", "form", ("code", codes[4]))).Text);
    }

    [Fact]
    public async Task Guessing_codes_is_slowed_down_in_every_browser()
    {
        var (secret, _) = await SetUpAsync();
        for (var i = 0; i < 4; i++)
        {
            using var guesser = new Visitor(_gateway.Address);
            await guesser.SignInAsync("ann", Visitor.Password);
            await guesser.SubmitAsync("/admin/sign-in/code", "form", ("code", $"00000{i}"));
        }

        using var visitor = new Visitor(_gateway.Address);
        await visitor.SignInAsync("ann", Visitor.Password);
        Assert.Contains("Too many attempts.", (await visitor.SubmitRefusedAsync("/admin/sign-in/code", "form", ("code", CodeOf(secret)))).Text);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("/admin", (await visitor.SubmitAsync("/admin/sign-in/code", "form", ("code", CodeOf(secret)))).Location);
    }

    [Fact]
    public async Task A_pending_sign_in_ends_after_ten_minutes_and_with_a_new_password()
    {
        var (secret, _) = await SetUpAsync();
        using var visitor = new Visitor(_gateway.Address);
        await visitor.SignInAsync("ann", Visitor.Password);
        var ann = (await _gateway.Get<AccountStore>().ListAsync(default)).Single();
        var page = await visitor.GetAsync("/admin/sign-in/code");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.True((await _gateway.Get<AccountStore>().SetPasswordAsync(ann.Id, Visitor.Password + "!", "op", default)).Done);

        var token = page.Document.QuerySelector("input[name=form]")!.GetAttribute("value")!;
        Assert.Contains(
            "Too much time has passed", (await visitor.FollowAsync(await visitor.PostAsync("/admin/sign-in/code", ("form", token), ("code", CodeOf(secret))))).Text);
        Assert.Equal("/admin/sign-in", (await visitor.GetAsync("/admin/sign-in/code")).Location);
    }

    [Fact]
    public async Task Nothing_else_is_served_until_a_required_second_factor_is_set_up()
    {
        await _gateway.DisposeAsync();
        _gateway = new GatewayApp("--Admin:RequireSecondFactor=true").Clock(_clock).Council("one", Some.EmailCouncil("one"));
        await InitializeAsync();
        using var visitor = await SignedInAsync();

        foreach (var address in (string[])["/admin", "/admin/reports", "/admin/accounts", "/admin/councils/one"])
            Assert.Equal(Page, (await visitor.GetAsync(address)).Location);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin/me")).Status);
        Assert.Contains("Every account of this gateway must have a second factor.", (await visitor.GetAsync(Page)).Text);

        await SetUpAsync(visitor);
        Assert.Equal(HttpStatusCode.OK, (await visitor.GetAsync("/admin")).Status);
        Assert.Empty((await visitor.GetAsync(Page)).Document.QuerySelectorAll("form[action*=Off]"));
    }

    [Fact]
    public async Task An_admin_can_turn_off_a_lost_second_factor()
    {
        await SetUpAsync();
        await AddAsync("boss", Role.Admin);
        var (ann, boss) = ((await _gateway.Get<AccountStore>().ListAsync(default))[0], new Visitor(_gateway.Address));
        using var _ = boss;
        await boss.SignInAsync("boss", Visitor.Password);

        Assert.Contains("Enter a reason.", (await boss.SubmitRefusedAsync($"/admin/accounts/{ann.Id}", "form[action*=SecondFactor]", ("why", " "))).Text);
        await boss.SubmitAsync($"/admin/accounts/{ann.Id}", "form[action*=SecondFactor]", ("why", "phone lost, called back"));

        Assert.Contains("Second factor: off", (await boss.GetAsync($"/admin/accounts/{ann.Id}")).Text);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM recovery_code"));
        using var visitor = new Visitor(_gateway.Address);
        Assert.Equal("/admin", (await visitor.SignInAsync("ann", Visitor.Password)).Location);
    }

    [Fact]
    public async Task The_second_factor_is_turned_off_with_the_password_only()
    {
        using var visitor = await SignedInAsync();
        await SetUpAsync(visitor);

        Assert.Contains("The current password is wrong.", (await visitor.SubmitRefusedAsync(Page, "form[action*=Off]", ("now", "wrong"))).Text);
        await visitor.SubmitAsync(Page, "form[action*=Off]", ("now", Visitor.Password));
        Assert.Contains("The second factor is off.", (await visitor.GetAsync(Page)).Text);
    }

    [Fact]
    public async Task The_secret_is_stored_encrypted()
    {
        var (secret, _) = await SetUpAsync();
        var stored = await _gateway.ReadAsync<byte[]>("SELECT totp FROM account");

        Assert.True(stored.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)) < 0 && stored.AsSpan().IndexOf(Base32Encoding.ToBytes(secret)) < 0);
    }

    [Fact]
    public void A_QR_code_is_drawn_module_by_module()
    {
        const string Text = "otpauth://totp/PluginGateway:ann?secret=JBSWY3DPEHPK3PXP&issuer=PluginGateway";
        Assert.Equal(Text, SecondFactor.AddressOf("ann", "JBSWY3DPEHPK3PXP"));
        var code = QrCode.Of(Text);
        using var expected = QRCodeGenerator.GenerateQrCode(Text, QRCodeGenerator.ECCLevel.M);

        var dark = Regex.Matches(code.Path, @"M(\d+) (\d+)h(\d+)v1h-(\d+)z", RegexOptions.None, TimeSpan.FromSeconds(5)).SelectMany(run =>
        {
            var (x, y, length) = (Number(run, 1), Number(run, 2), Number(run, 3));
            Assert.Equal(length, Number(run, 4));
            return Enumerable.Range(x, length).Select(at => (at, y));
        }).ToHashSet();
        Assert.Equal(expected.ModuleMatrix.Count, code.Size);
        Assert.All(
            from y in Enumerable.Range(0, code.Size) from x in Enumerable.Range(0, code.Size) select (x, y),
            module => Assert.Equal(expected.ModuleMatrix[module.y][module.x], dark.Contains(module)));

        static int Number(Match match, int group) => int.Parse(match.Groups[group].Value, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string[]? Codes(Seen page) => page.Document.QuerySelector("#recovery-codes")?.TextContent.Split('\n');

    private async Task AddAsync(string name, Role role) =>
        Assert.True((await _gateway.Get<AccountStore>().CreateAsync(name, Visitor.Password, new Rights(role, []), "test", first: null, default)).Done);

    private string CodeOf(string secret, int seconds = 0) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(_clock.GetUtcNow().UtcDateTime.AddSeconds(seconds));

    private async Task<Visitor> SignedInAsync()
    {
        var visitor = new Visitor(_gateway.Address);
        Assert.Equal("/admin", (await visitor.SignInAsync("ann", Visitor.Password)).Location);
        return visitor;
    }

    private async Task<(string Secret, string[] Codes)> SetUpAsync()
    {
        using var visitor = await SignedInAsync();
        return await SetUpAsync(visitor);
    }

    /// <summary>Sets up a second factor as its owner does, and waits until the code that was used is no longer current.</summary>
    private async Task<(string Secret, string[] Codes)> SetUpAsync(Visitor visitor)
    {
        Assert.Contains("The current password is wrong.", (await visitor.SubmitRefusedAsync(Page, "form[action*=Begin]", ("now", "wrong"))).Text);
        await visitor.SubmitAsync(Page, "form[action*=Begin]", ("now", Visitor.Password));
        var secret = (await visitor.GetAsync(Page)).Document.QuerySelector("#key")!.TextContent;
        Assert.Contains("The code is wrong.", (await visitor.SubmitRefusedAsync(Page, "form[action*=Confirm]", ("code", "123"))).Text);
        var done = await visitor.FollowAsync(await visitor.SubmitAsync(Page, "form[action*=Confirm]", ("code", CodeOf(secret))));
        _clock.Advance(TimeSpan.FromMinutes(1));
        return (secret, Codes(done)!);
    }
}
