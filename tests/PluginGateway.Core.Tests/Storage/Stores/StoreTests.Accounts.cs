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
