using System.Net;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests that passwords cannot be guessed quickly, and that nobody can keep others out of their accounts.</summary>
public sealed class PasswordGuessingTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly GatewayApp _gateway;

    public PasswordGuessingTests() => _gateway = new GatewayApp("--Limits:SignInsPerAddress=20").Clock(_clock).Council("one", Some.EmailCouncil("one"));

    private SignInGuard Guard => _gateway.Get<SignInGuard>();

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        Assert.True((await _gateway.Get<AccountStore>().CreateAsync("bob", Visitor.Password, new Rights(Role.Viewer, []), "a test", first: null, default)).Done);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("bob")]
    [InlineData("nobody")]
    public async Task Guessing_from_one_address_is_slowed_down_and_locked_for_known_and_unknown_names(string name)
    {
        using var visitor = new Visitor(_gateway.Address);
        for (var i = 0; i < 4; i++)
            Assert.Contains("Wrong name or password", await visitor.FailToSignInAsync(name, "wrong"));
        Assert.Contains("Too many attempts. Wait 3 s", await visitor.FailToSignInAsync(name, Visitor.Password));

        for (var i = 4; i < 10; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(3));
            Assert.Contains("Wrong name or password", await visitor.FailToSignInAsync(name, "wrong"));
        }

        Assert.Contains("Wait 15 min", await visitor.FailToSignInAsync(name, Visitor.Password));
        Assert.Equal(name == "bob" ? 1 : 0, await CountAsync("audit WHERE action = 'sign-in-locked'"));
        Assert.Equal(name == "bob" ? 2 : 0, await CountAsync("sign_in_failure"));
        if (name != "bob")
            return;

        _clock.Advance(TimeSpan.FromMinutes(16));
        var signedIn = visitor.SignInAsync("BOB ", Visitor.Password);
        await AdvanceUntilAsync(signedIn);
        Assert.Equal("/admin", (await signedIn).Location);
    }

    [Fact]
    [Trait("Case", "70-operator-lockout")]
    public async Task Owner_can_sign_in_from_elsewhere_while_somebody_guesses()
    {
        for (var i = 0; i < 10; i++)
        {
            await TryAsync("bob", "wrong", address: 1);
            _clock.Advance(TimeSpan.FromMinutes(3));
        }

        for (var i = 0; i < 4; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(15));
            await TryAsync("bob", "wrong", address: 1);
        }

        Assert.True((await TryAsync("bob", Visitor.Password, address: 1)).Wait > TimeSpan.Zero);
        Assert.NotNull((await TryAsync("bob", Visitor.Password, address: 2)).Account);
    }

    [Fact]
    public async Task Guessing_from_many_addresses_delays_answers_by_seconds_and_locks_nobody_out()
    {
        for (var address = 100; address < 120; address++)
            Assert.Equal(TimeSpan.Zero, (await TryAsync("bob", "wrong", address)).Wait);

        var before = _clock.GetUtcNow();
        Assert.NotNull((await TryAsync("bob", Visitor.Password, address: 2)).Account);
        Assert.InRange(_clock.GetUtcNow() - before, TimeSpan.FromSeconds(8), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Browser_that_signed_in_before_is_not_affected_by_others_and_is_never_locked()
    {
        using var owner = new Visitor(_gateway.Address);
        Assert.Equal("/admin", (await owner.SignInAsync("bob", Visitor.Password)).Location);
        await owner.SubmitAsync("/admin/sign-out", "form");
        // Somebody guesses from the same address, until it is locked for other browsers.
        using var other = new Visitor(_gateway.Address);
        for (var i = 0; i < 10; i++)
        {
            await AdvanceUntilAsync(other.SignInAsync("bob", "wrong"));
            _clock.Advance(TimeSpan.FromMinutes(3));
        }

        Assert.Contains("Too many attempts", await other.FailToSignInAsync("bob", Visitor.Password));
        Assert.Equal("/admin", (await owner.SignInAsync("bob", Visitor.Password)).Location);

        await owner.SubmitAsync("/admin/sign-out", "form");
        for (var i = 0; i < 15; i++)
        {
            await owner.SignInAsync("bob", "mistyped");
            _clock.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(1));
        }

        Assert.Equal("/admin", (await owner.SignInAsync("bob", Visitor.Password)).Location);
    }

    [Fact]
    public async Task Device_cookie_of_another_account_or_with_another_value_means_nothing()
    {
        using var visitor = new Visitor(_gateway.Address);
        foreach (var value in new[] { "", "x", new string('A', 3_000), "%", "CfDJ8" })
        {
            visitor.Cookies.Add(new Cookie("pgw-device", value, "/", _gateway.Address.Host));
            Assert.Contains("Wrong name", await visitor.FailToSignInAsync($"nobody{value.Length}", "wrong"));
        }

        // The cookie of another account does not bypass the limit of the address.
        for (var i = 0; i < 4; i++)
            await Guard.TryAsync(Attempt("bob", "wrong", 1) with { Device = new KnownDevice(999, $"{i}") }, default);
        Assert.True((await Guard.TryAsync(Attempt("bob", Visitor.Password, 1) with { Device = new KnownDevice(999, "new") }, default)).Wait > TimeSpan.Zero);
    }

    [Fact]
    public async Task Invented_names_store_nothing_and_one_address_has_few_attempts()
    {
        var accepted = 0;
        for (var i = 0; i < 60; i++)
            accepted += (await Guard.TryAsync(Attempt($"invented{i}", "wrong", address: 7), default)).Wait == TimeSpan.Zero ? 1 : 0;

        Assert.Equal(20, accepted);
        Assert.Equal(0, await CountAsync("sign_in_failure"));
        Assert.Equal(0, await CountAsync("audit WHERE action LIKE 'sign-in%'"));
        Assert.NotNull((await TryAsync("bob", Visitor.Password, address: 8)).Account);
        Assert.Equal(TimeSpan.Zero, (await Guard.TryAsync(Attempt("bob", "x", address: 7) with { Device = new KnownDevice(1, "ab12") }, default)).Wait);
        Assert.Equal(TimeSpan.Zero, (await Guard.TryAsync(Attempt(new string('n', 1 << 20), "x", address: 9), default)).Wait);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.Zero, (await TryAsync("invented", "wrong", address: 7)).Wait);
    }

    [Fact]
    public async Task Concurrent_attempts_do_not_bypass_the_limit()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Guard.TryAsync(Attempt("bob", "wrong", 1), default)));

        Assert.Equal(4, results.Count(r => r.Wait == TimeSpan.Zero));
    }

    [Fact]
    public async Task New_password_forgets_failed_attempts()
    {
        for (var i = 0; i < 4; i++)
            await TryAsync("bob", "wrong", address: 1);
        var id = (await _gateway.Get<AccountStore>().ListAsync(default)).Single().Id;

        await _gateway.Get<AccountStore>().SetPasswordAsync(id, "a-new-teapot-in-the-library", "a test", default);

        Assert.Equal(0, await CountAsync("sign_in_failure"));
        Assert.NotNull((await TryAsync("bob", "a-new-teapot-in-the-library", address: 1)).Account);
    }

    private static SignInAttempt Attempt(string name, string password, int address) =>
        new() { Name = name, Password = password, Address = CallerAddress.Of(new IPAddress([10, 0, (byte)(address / 256), (byte)(address % 256)])) };

    /// <summary>Attempts to sign in, and lets the time pass that the answer is delayed.</summary>
    private async Task<SignInResult> TryAsync(string name, string password, int address)
    {
        var attempt = Guard.TryAsync(Attempt(name, password, address), default);
        await AdvanceUntilAsync(attempt);
        return await attempt;
    }

    private async Task AdvanceUntilAsync(Task task)
    {
        while (await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(20))) != task)
            _clock.Advance(TimeSpan.FromMilliseconds(500));
    }

    private Task<long> CountAsync(string what) => _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM {what}");
}
