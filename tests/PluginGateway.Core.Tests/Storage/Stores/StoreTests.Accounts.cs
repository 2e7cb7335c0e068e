using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Account_is_created_signed_in_and_changed()
    {
        var (accounts, sessions, guard) = (_world.Get<AccountStore>(), _world.Get<Sessions>(), _world.Get<SignInGuard>());
        Assert.False(await accounts.AnyAsync(default));
        Assert.False((await accounts.CreateAsync("ann", Password, new Rights(Role.Admin, []), "link", Sessions.KeyOf("none"), default)).Done);
        await _world.Get<SetUpLink>().StartedAsync(default);
        Assert.Equal(1, await _world.CountAsync("set_up_link"));
        Assert.False(await _world.Get<SetUpLink>().IsValidAsync("none", default));
        Assert.True((await accounts.CreateAsync("Ann", Password, new Rights(Role.Admin, []), "op", null, default)).Done);
        Assert.False((await accounts.CreateAsync("ann", Password, new Rights(Role.Viewer, []), "op", null, default)).Done);

        Assert.Null((await guard.TryAsync(Attempt("ann", "wrong"), default)).Account);
        var account = (await guard.TryAsync(Attempt("ann", Password), default)).Account!;
        var token = await sessions.BeginAsync(Actor.Of(account), "from here", default);
        _world.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("ann", (await sessions.FindAsync(token, byHand: true, default))!.Name);
        await sessions.EndAsync(token, default);
        Assert.Null(await sessions.FindAsync(token, byHand: true, default));

        Assert.False((await accounts.ChangeAsync(account.Id, new Rights(Role.Viewer, ["c"]), isDisabled: false, "op", "no", default)).Done);
        Assert.True((await accounts.CreateAsync("bob", Password, new Rights(Role.Admin, []), "op", null, default)).Done);
        Assert.True((await accounts.ChangeAsync(account.Id, new Rights(Role.Viewer, ["c"]), isDisabled: false, "op", "yes", default)).Done);
        Assert.True((await accounts.SetPasswordAsync(account.Id, Password + "!", "op", default)).Done);
        Assert.Equal(["ann", "bob"], (await accounts.ListAsync(default)).Select(a => a.Name));

        for (var i = 0; i < 10; i++)
        {
            await guard.TryAsync(Attempt("bob", "wrong"), default);
            _world.Clock.Advance(TimeSpan.FromMinutes(3));
        }

        var audit = _world.Get<AuditQueries>();
        var locked = Assert.Single(await audit.ListAsync(new AuditFilter(null, null, "sign-in-locked", null, 0, 0), [], null, default));
        Assert.Equal(locked.At, (await audit.FindAsync(locked.Id, default))!.At);
        Assert.Empty(await audit.ListAsync(new AuditFilter("c", "op", "pause", "x", 1, long.MaxValue), ["c"], long.MaxValue, default));
        Assert.Empty(await audit.ListAsync(new AuditFilter(null, null, null, null, 0, 0), ["c"], null, default));
        Assert.Empty(await audit.ListAsync(new AuditFilter(null, null, null, null, 1, long.MaxValue / 2), ["c", "d"], null, default));
        Assert.Contains(
            locked.Id, (await audit.ListAsync(new AuditFilter(null, locked.Who, null, locked.Subject, locked.At, locked.At + 1), [], null, default)).Select(
                r => r.Id));
        Assert.DoesNotContain(
            locked.Id, (await audit.ListAsync(new AuditFilter(null, null, null, null, locked.At + 1, 0), [], null, default)).Select(r => r.Id));
        Assert.DoesNotContain(locked.Id, (await audit.ListAsync(new AuditFilter(null, null, null, null, 0, locked.At), [], null, default)).Select(r => r.Id));
    }

    [Fact]
    public async Task Second_factor_is_turned_on_used_and_turned_off()
    {
        var (accounts, secondFactor, guard) = (_world.Get<AccountStore>(), _world.Get<SecondFactor>(), _world.Get<SignInGuard>());
        await accounts.CreateAsync("ann", Password, new Rights(Role.Admin, []), "op", null, default);
        var ann = (await accounts.ListAsync(default)).Single();
        var secret = SecondFactor.NewSecret();

        var (outcome, codes) = await secondFactor.TurnOnAsync(Actor.Of(ann), secret, Code(), default);
        Assert.True(outcome.Done);
        Assert.False((await secondFactor.TurnOnAsync(Actor.Of(ann), secret, Code(), default)).Outcome.Done);
        Assert.False(await secondFactor.VerifyAsync(ann, Code(), default));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null((await guard.TryCodeAsync(ann, "000000", default)).Account);
        Assert.NotNull((await guard.TryCodeAsync(ann, Code(), default)).Account);
        Assert.False(await secondFactor.VerifyAsync(ann, Code(), default));
        Assert.True(await secondFactor.VerifyAsync(ann, codes[0], default));
        Assert.False(await secondFactor.VerifyAsync(ann, codes[0], default));
        Assert.Equal(SecondFactor.RecoveryCodes - 1, await secondFactor.CountCodesAsync(ann.Id, default));
        Assert.True(await secondFactor.VerifyAsync(ann, (await secondFactor.RenewCodesAsync(Actor.Of(ann), default))[0], default));

        Assert.True((await secondFactor.TurnOffAsync(ann.Id, "op", "lost", default)).Done);
        Assert.False((await secondFactor.TurnOffAsync(ann.Id, "op", "lost", default)).Done);
        Assert.Equal(0, await _world.CountAsync("recovery_code"));

        string Code() => new OtpNet.Totp(OtpNet.Base32Encoding.ToBytes(secret)).ComputeTotp(_world.Clock.GetUtcNow().UtcDateTime);
    }

    [Fact]
    public async Task External_account_is_created_once_and_follows_its_claims()
    {
        var options = new Admin.AdminOptions();
        options.OpenIdConnect.Grants.Add(new OpenIdGrant { Claim = "groups", Value = "operators", Role = Role.Operator, Councils = { "c" } });
        options.OpenIdConnect.Grants.Add(new OpenIdGrant { Claim = "groups", Value = "viewers", Role = Role.Viewer });
        var accounts = new ExternalAccounts(
            _world.Get<Core.Storage.IDatabase>(), _world.Get<AccountStore>(), Microsoft.Extensions.Options.Options.Create(options), _world.Clock,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<ExternalAccounts>.Instance);

        var first = (await accounts.FindAsync(Person("1", "operators"), default)).Account!;
        var again = (await accounts.FindAsync(Person("1", "viewers"), default)).Account!;
        var other = (await accounts.FindAsync(Person("2", "viewers"), default)).Account!;

        Assert.Equal(("ann", Role.Operator, "c"), (first.Name, first.Role, first.CouncilList));
        Assert.Equal((first.Id, Role.Viewer, ""), (again.Id, again.Role, again.CouncilList));
        Assert.StartsWith("ann-", other.Name);
        Assert.Null((await accounts.FindAsync(Person("3", "nobody"), default)).Account);
        Assert.False(await _world.Get<AccountStore>().AnyAsync(default));

        static System.Security.Claims.ClaimsPrincipal Person(string subject, string group) =>
            new(new System.Security.Claims.ClaimsIdentity([new("iss", "idp"), new("sub", subject), new("preferred_username", "Ann"), new("groups", group)]));
    }

    [Fact]
    public async Task Client_has_two_keys_at_most()
    {
        var keys = _world.Get<PluginGateway.Core.Clients.ApiKeys>();
        var issued = new List<bool>();
        for (var i = 0; i < 3; i++)
            issued.Add((await keys.IssueAsync(
                "site", $"key-{i}", ["c"], PluginGateway.Core.Clients.ApiKeys.Reports, PluginGateway.Core.Clients.ClientProfile.None, null, "op",
                default)).Done);

        Assert.Equal([true, true, false], issued);
        Assert.Equal(2, await _world.CountAsync("audit WHERE action = 'key-create'"));
    }

    private static SignInAttempt Attempt(string name, string password) => new() { Name = name, Password = password, Address = 1 };
}
