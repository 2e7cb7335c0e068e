using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Time.Testing;
using NSubstitute;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.KeyRing;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage;
using PluginGateway.Host.Telemetry;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Keys_are_found_by_hash_until_they_are_revoked()
    {
        var keys = _world.Get<ApiKeys>();
        await keys.AddAsync("a site", "secret", ["c"], ApiKeys.Reports, ClientProfile.None, null, default);
        await keys.AddAsync("a site", "secret", ["c"], ApiKeys.Reports, ClientProfile.None, null, default);
        await keys.AddAsync("a site", "another", [], ApiKeys.Documents, ClientProfile.None, _world.Clock.GetUtcNow().AddDays(1), default);
        Assert.Equal("a site", (await keys.FindAsync("secret", default))!.Name);
        Assert.Null(await keys.FindAsync("SECRET", default));
        var listed = await keys.ListAsync(default);
        Assert.Equal(2, listed.Count);

        Assert.True(await keys.RevokeAsync(listed[0].Id, "op", default));
        Assert.False(await keys.RevokeAsync(listed[0].Id, "op", default));
        Assert.Equal(1, await _world.CountAsync("client"));
    }

    [Fact]
    public async Task Data_keys_are_listed_wrapped_and_removed()
    {
        _world.Get<IDataProtectionProvider>().CreateProtector("test").Protect("hello");
        var secrets = Substitute.For<ISecrets>();
        secrets.Find(KeyWrapping.KeyName).Returns(new string('k', 40));
        var keys = DataKeysWith(secrets);
        Assert.Null(Assert.Single(await keys.ListAsync(default)).WrappedWith);

        Assert.True((await keys.RewrapAsync("op", default)).Done);

        Assert.NotNull(Assert.Single(await keys.ListAsync(default)).WrappedWith);
        Assert.False((await DataKeysWith(Substitute.For<ISecrets>()).RemoveAsync("first", "op", "lost", default)).Done);
        var other = Substitute.For<ISecrets>();
        other.Find(KeyWrapping.KeyName).Returns(new string('o', 40));
        Assert.True((await DataKeysWith(other).RemoveAsync("first", "op", "lost", default)).Done);
        Assert.Empty(await keys.ListAsync(default));
    }

    [Fact]
    public async Task Council_files_are_stored_encrypted_until_the_council_is_removed()
    {
        var files = _world.Get<StoredCouncilFiles>();
        var version = StoredCouncilFile.Of(_world.Council, "councils/c.json", "", _world.Clock.GetUtcNow()) with { Aliases = ["d", "é"] };
        await files.SaveAsync(version, null, default);
        Assert.Null(await files.ReadAsync("c", default));
        var content = "a password"u8.ToArray();
        await files.SaveAsync(version with { Sha256 = "ab" }, content, default);
        await files.SaveAsync(version, null, default);

        var stored = Assert.Single(await files.ListAsync(default));
        Assert.Equal(("c", "The council", "c.json", "ab"), (stored.Council, stored.Name, stored.FileName, stored.Sha256));
        Assert.Equal(["d", "é", "c"], stored.Names);
        Assert.Equal(content, await files.ReadAsync("c", default));
        var raw = await _world.Database.ReadAsync(db => db.ScalarAsync<byte[]>("SELECT content FROM council_file"), default);
        Assert.False(raw.AsSpan().IndexOf("password"u8) >= 0);

        await _world.Database.WriteAsync(db => StoredCouncilFiles.RemoveAsync(db, "c"), default);
        Assert.Empty(await files.ListAsync(default));
    }

    [Fact]
    public async Task Catalogue_is_stored_with_the_time_of_its_last_change()
    {
        var store = _world.Get<CatalogueStore>();
        Assert.Null(await store.FindAsync("c", "main", default));
        var before = await store.VersionAsync(default);
        await store.SaveAsync(
            "c", "main",
            new CatalogueState
            {
                Served = [new Service { Code = "A", Name = "A" }, new Service { Code = "B", Name = "B" }],
                Fetched = _world.Clock.GetUtcNow(),
                Missing = new HashSet<string> { "B" },
                Readings = 2,
                Seen = _world.Clock.GetUtcNow(),
            }, default);

        var state = (await store.FindAsync("c", "main", default))!;
        Assert.Equal((2, 1, 2), (state.Served.Count, state.Missing.Count, state.Readings));
        Assert.NotEqual(before, await store.VersionAsync(default));
        Assert.Equal(5, await store.ChangedAsync("c", [1], 5, default));
        Assert.Equal(5, await store.ChangedAsync("c", [1], 9, default));
        Assert.Equal(12, await store.ChangedAsync("c", [2], 12, default));
        Assert.Equal(UnixTime.At(12), await store.LatestChangeAsync(default));
    }

    [Fact]
    public async Task Adapter_state_is_shared_encrypted_and_removable()
    {
        var state = _world.Get<AdapterStateStore>().For(_world.Main);
        Assert.Equal("value", await state.GetOrAddAsync("token", _ => ForAnHour("value"), default));
        Assert.Equal(
            "value", await _world.Get<AdapterStateStore>().For(_world.Main)
                .GetOrAddAsync("token", _ => ForAnHour("other"), default));
        Assert.DoesNotContain(
            "value", System.Text.Encoding.UTF8.GetString((await _world.ScalarAsync<byte[]>("SELECT value FROM adapter_state"))!), StringComparison.Ordinal);
        await state.RemoveAsync("token", default);
        Assert.Equal("third", await state.GetOrAddAsync("token", _ => ForAnHour("third"), default));
        Assert.True(await _world.CountAsync("data_key") > 0);
    }

    [Fact]
    public async Task Adapter_state_expires_after_its_lifetime()
    {
        var state = _world.Get<AdapterStateStore>().For(_world.Main);
        Assert.Null(await state.GetAsync("token", default));

        await state.GetOrAddAsync("token", _ => ForAnHour("first"), default);
        _world.Clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal("first", await state.GetAsync("token", default));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await state.GetAsync("token", default));
        Assert.Equal("second", await state.GetOrAddAsync("token", _ => ForAnHour("second"), default));

        await state.SetAsync("token", await ForAnHour("third"), default);
        Assert.Equal("third", await state.GetAsync("token", default));
        await state.SetAsync("token", new AdapterStateValue { Value = "expired", Lifetime = TimeSpan.Zero }, default);
        Assert.Null(await state.GetAsync("token", default));
        await state.SetAsync("token", new AdapterStateValue { Value = "permanent", Lifetime = TimeSpan.MaxValue }, default);
        Assert.Equal("permanent", await state.GetAsync("token", default));
    }

    [Fact]
    public async Task Adapter_state_limits_the_length_of_keys_and_values()
    {
        var state = _world.Get<AdapterStateStore>().For(_world.Main);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => state.GetAsync("", default));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => state.SetAsync(new string('k', 201), new AdapterStateValue { Value = "", Lifetime = TimeSpan.FromDays(1) }, default));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => state.GetOrAddAsync("k", _ => ForAnHour(new string('\u00e9', 33 << 10)), default));
        Assert.Null(await state.GetAsync("k", default));
    }

    [Fact]
    public void Only_one_of_two_starting_hosts_stores_the_first_data_key()
    {
        var (one, other) = (DataKeysWith(Substitute.For<ISecrets>()), DataKeysWith(Substitute.For<ISecrets>()));
        Assert.Empty(one.GetAllElements());
        Assert.Empty(other.GetAllElements());

        one.StoreElement(new XElement("one"), "key-1");
        other.StoreElement(new XElement("other"), "key-2");

        Assert.Equal(["one"], other.GetAllElements().Select(e => e.Name.LocalName));
        other.StoreElement(new XElement("next"), "key-3");
        Assert.Equal(2, one.GetAllElements().Count);
    }

    [Fact]
    public async Task Records_of_plug_in_versions_are_shared_between_hosts()
    {
        var one = new KnownVersion
        {
            AdapterName = "one",
            Sha256 = new string('a', 64),
            Version = "1",
            Path = "/p/one",
            State = VersionState.Unproven,
            At = _world.Clock.GetUtcNow(),
        };
        var store = _world.Get<PluginVersionStore>();
        await store.BeginProbationAsync(one, default);
        await store.BeginProbationAsync(one with { Version = "2" }, default);
        Assert.Single(Assert.Single(await store.ReadAsync(default)).Probations);
        Assert.True(await store.RecordVerdictAsync(one with { State = VersionState.Proven }, store.Node, default));
        await store.EndProbationAsync(one, store.Node, default);
        await store.SaveAsync(
            [new PluginStatus
            {
                Path = "/p/one",
                AdapterName = "one",
                Sha256 = one.Sha256,
                Generation = 4,
                State = PluginState.Active,
                Since = _world.Clock.GetUtcNow(),
            }], default);
        Assert.Equal(4, Assert.Single(await store.ListAsync(default)).Status.Generation);
        Assert.Empty(await store.ListUsedElsewhereAsync(default));

        await _world.Get<PluginActions>().DecideAsync(one, VersionState.Quarantined, "bad", "op", default);
        await store.SaveAsync(one with { State = VersionState.Proven }, default);
        Assert.Equal(VersionState.Quarantined, Assert.Single(await store.ReadAsync(default)).State);
    }

    [Fact]
    public async Task Marks_of_versions_that_are_being_loaded_belong_to_a_process()
    {
        var store = _world.Get<PluginVersionStore>();
        VersionKey one = new("one", "aa"), two = new("two", "bb");
        Assert.Empty(await store.BeginLoadingAsync([one, two], default));
        Assert.Empty(await store.BeginLoadingAsync([one], default));
        Assert.Equal(2, await _world.CountAsync("plugin_loading"));

        // Another process of this machine that has exited, and one of another machine, of which nothing is known.
        await _world.Database.WriteAsync(
            db => db.ExecuteAsync("UPDATE plugin_loading SET node = @node WHERE adapter = 'one'", new { node = "elsewhere/1/2" }), default);
        Assert.Equal([one], await store.BeginLoadingAsync([one], default));
        await store.EndLoadingAsync(default);
        Assert.Equal(1, await _world.CountAsync("plugin_loading"));
        await store.ClearLoadingAsync(one, default);
        Assert.Equal(0, await _world.CountAsync("plugin_loading"));
    }

    [Fact]
    public async Task Remote_node_is_silent_after_missing_heartbeats()
    {
        var nodes = _world.Get<ProcessLiveness>();
        await _world.ExecuteAsync("INSERT INTO node (id, heartbeat, version) VALUES ('elsewhere/1/1', @now, '1')", new { now = _world.Now });
        Assert.Empty(await nodes.FindGoneAsync(["elsewhere/1/1"], default));
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Single(await nodes.FindSilentAsync(["elsewhere/1/1"], default));
    }

    [Fact]
    public async Task Live_hosts_are_listed_and_share_the_limits_of_a_lane()
    {
        var hosts = _world.Get<ClusterMembership>();
        await BeatAsync();
        await BeatAsync();
        Assert.Equal((1, 4), (hosts.LiveHosts.Count, hosts.Share(4)));
        await _world.ExecuteAsync(
            "INSERT INTO node (id, heartbeat, version, councils_hash, plugins_hash) VALUES ('~elsewhere/1/1', @now, '1', 'other', '')",
            new { now = _world.Now });
        await BeatAsync();
        Assert.Equal((2, 2, 1), (hosts.Share(4), hosts.Share(3), hosts.Share(1)));
        Assert.Contains("~elsewhere/1/1 has different council files", hosts.Differences());

        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        await BeatAsync();
        Assert.Equal(4, hosts.Share(4));
        await hosts.LeaveAsync(default);
        Assert.Equal(1, await _world.CountAsync("node WHERE heartbeat = 0"));

        Task BeatAsync() => hosts.HeartbeatAsync(["main hash"], [], default);
    }

    [Fact]
    public async Task Leader_lock_belongs_to_one_host_until_it_is_silent()
    {
        var (here, there) = (_world.Get<LeaderLocks>(), new LeaderLocks(_world.Database, new ProcessIdentity("elsewhere", 1, "1"), _world.Clock));
        Assert.True(await here.TryHoldAsync("alerts", default));
        Assert.True(await here.TryHoldAsync("alerts", default));
        Assert.False(await there.TryHoldAsync("alerts", default));
        _world.Clock.Advance(TimeSpan.FromSeconds(45));
        Assert.True(await here.TryHoldAsync("alerts", default));
        _world.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.False(await there.TryHoldAsync("alerts", default));

        _world.Clock.Advance(TimeSpan.FromSeconds(90));
        Assert.True(await there.TryHoldAsync("alerts", default));
        Assert.False(await here.TryHoldAsync("alerts", default));
    }

    [Fact]
    public async Task Host_uses_the_time_of_a_shared_database()
    {
        var clock = new DatabaseClock(new FakeTimeProvider(Some.Time));
        await clock.SetAsync(_world.Database, default);

        var shared = _world.Database.Dialect.HasSeveralWriters;
        Assert.Equal(shared, clock.Offset != TimeSpan.Zero);
        if (shared)
            Assert.InRange((clock.GetUtcNow() - TimeProvider.System.GetUtcNow()).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Failed_write_is_rolled_back_and_one_that_lost_a_race_is_repeated()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _world.Database.WriteAsync<int>(
            async db =>
            {
                await db.ExecuteAsync("INSERT INTO data_key (id, content) VALUES ('x', '')");
                throw new InvalidOperationException();
            },
            default));
        Assert.Equal(0, await _world.CountAsync("data_key"));

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _world.AcceptAsync("the same")));
        Assert.Single(ids.Select(r => r.ReportId).Distinct());
        Assert.Equal(1, ids.Count(r => !r.Repeat));
    }

    [Fact]
    public async Task Schema_is_migrated_once_by_concurrent_callers()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => _world.Database.MigrateAsync(default)));
        await _world.ExecuteAsync("INSERT INTO migration (id, name, at) VALUES (9999, '9999_next', 1)");
        await _world.Database.MigrateAsync(default);

        await _world.ExecuteAsync("UPDATE migration SET name = '0006_other' WHERE id = 6");
        await Assert.ThrowsAsync<InvalidDataException>(() => _world.Database.MigrateAsync(default));
        Assert.True(await Health.AnswersAsync(_world.Database, default));
        Assert.InRange(Math.Abs(await _world.ScalarAsync<long>(_world.Database.Dialect.NowMs) - TimeProvider.System.NowMs()), 0, 600_000);
    }

    private static Task<AdapterStateValue> ForAnHour(string value) =>
        Task.FromResult(new AdapterStateValue { Value = value, Lifetime = TimeSpan.FromHours(1) });

    private DataKeys DataKeysWith(ISecrets secrets) => new(
        _world.Get<ISyncDatabase>(), _world.Database, new KeyWrapping(secrets, Microsoft.Extensions.Options.Options.Create(new StateOptions())), _world.Clock);
}
