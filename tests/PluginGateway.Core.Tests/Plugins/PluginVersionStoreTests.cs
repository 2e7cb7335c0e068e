using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Tests.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Plugins;

/// <summary>Tests the records of plug-in versions in a real database that several gateways share.</summary>
public sealed class PluginVersionStoreTests : IAsyncLifetime
{
    private static readonly KnownVersion One = new()
    {
        AdapterName = "one",
        Sha256 = "aa",
        Version = "1",
        Path = "/p/one",
        State = VersionState.Unproven,
        At = DateTimeOffset.UnixEpoch,
    };

    private static readonly PluginStatus Serving =
        new() { Path = "/p/one", AdapterName = "one", Sha256 = "aa", Generation = 4, State = PluginState.Probation, Since = DateTimeOffset.UnixEpoch };

    private readonly FakeTimeProvider _clock = new(Some.Time);
    private TestDatabase _test = null!;

    private SqliteDatabase Database => _test.Database;

    public async ValueTask InitializeAsync() => _test = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Quarantine_is_lifted_by_an_operator_only()
    {
        var store = Store("here");
        await store.BeginProbationAsync(One, default);
        await store.SaveAsync(One with { State = VersionState.Quarantined, Reason = "bad" }, default);

        await store.SaveAsync(One with { State = VersionState.Proven }, default);
        Assert.Equal((VersionState.Quarantined, "bad"), await StateAsync(store));

        await Database.WriteAsync(db => PluginVersionStore.WriteAsync(db, One with { Reason = "fixed", By = "ann" }, ""), default);
        Assert.Equal((VersionState.Unproven, "fixed"), await StateAsync(store));
    }

    [Fact]
    public async Task Probations_are_per_gateway_and_a_quarantine_ends_them_all()
    {
        var (here, there) = (Store("here"), Store("there"));
        await here.BeginProbationAsync(One, default);
        await there.BeginProbationAsync(One, default);
        await there.BeginProbationAsync(One, default);
        Assert.Equal(["here", "there"], await ProbationsAsync(here));

        await here.SaveAsync(One with { State = VersionState.Proven }, default);
        Assert.Equal(["there"], await ProbationsAsync(here));

        await here.BeginProbationAsync(One, default);
        Assert.Equal(VersionState.Proven, (await StateAsync(here)).State);
        await there.EndProbationAsync(One, here.Node, default);
        Assert.Equal(["there"], await ProbationsAsync(here));

        await here.BeginProbationAsync(One, default);
        await there.SaveAsync(One with { State = VersionState.Quarantined }, default);
        Assert.Empty(await ProbationsAsync(here));
    }

    [Fact]
    public async Task Remote_gateway_is_gone_after_two_leases_of_observed_silence()
    {
        var (here, there) = (Store("here"), Store("there"));
        await there.BeginProbationAsync(One, default);
        await there.SaveAsync([Serving], default);
        Assert.False(await IsGoneAsync(here));

        await HeartbeatAsync("there");
        _clock.Advance(TimeSpan.FromSeconds(119));
        Assert.False(await IsGoneAsync(here));
        Assert.Equal(["aa"], await here.ListUsedElsewhereAsync(default));
        Assert.Single(await here.ListAsync(default));

        // No longer listed, but not yet gone: the whole cluster may have been suspended.
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Empty(await here.ListAsync(default));
        Assert.False(await IsGoneAsync(here));
        await HeartbeatAsync("there");
        Assert.False(await IsGoneAsync(here));
        Assert.Single(await here.ListAsync(default));

        _clock.Advance(TimeSpan.FromSeconds(121));
        Assert.False(await IsGoneAsync(here));
        _clock.Advance(TimeSpan.FromSeconds(30));
        Assert.True(await IsGoneAsync(here));
        Assert.Empty(await here.ListUsedElsewhereAsync(default));

        await here.SaveAsync([Serving], default);
        Assert.Equal(["here/1/0"], (await Store("third").ListAsync(default)).Select(l => l.Node));
        await HeartbeatAsync("there");
        Assert.Equal(["here/1/0"], (await Store("third").ListAsync(default)).Select(l => l.Node));
    }

    [Fact]
    public async Task Verdict_counts_once_and_only_during_the_probation()
    {
        var (here, other) = (Store("here"), Store("other"));
        var verdict = One with { State = VersionState.Quarantined, Reason = "it crashed" };
        await Store("there").BeginProbationAsync(One, default);
        Assert.True(await here.RecordVerdictAsync(verdict, "there/1/0", default));
        Assert.False(await other.RecordVerdictAsync(verdict with { Reason = "again" }, "there/1/0", default));
        Assert.Equal((VersionState.Quarantined, "it crashed"), await StateAsync(here));

        // The other gateway ended its probation between the check and the verdict.
        await Database.WriteAsync(db => PluginVersionStore.WriteAsync(db, One, ""), default);
        await Store("there").BeginProbationAsync(One, default);
        await Store("there").SaveAsync(One with { State = VersionState.Proven }, default);
        Assert.False(await here.RecordVerdictAsync(verdict, "there/1/0", default));
        Assert.Equal(VersionState.Proven, (await StateAsync(here)).State);
    }

    [Fact]
    public async Task Local_process_that_does_not_run_is_gone_immediately()
    {
        var here = new PluginVersionStore(Database, new ProcessLiveness(ProcessIdentity.Current, Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()), _clock));
        await new PluginVersionStore(
            Database, new ProcessLiveness(
                ProcessIdentity.Current with { ProcessId = int.MaxValue }, Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()),
                _clock)).BeginProbationAsync(One, default);
        await here.BeginProbationAsync(One, default);

        Assert.Equal([true, false], (await here.ReadAsync(default)).Single().Probations.OrderBy(p => p.Node == here.Node).Select(p => p.IsGone));
    }

    private PluginVersionStore Store(string machine) =>
        new(Database, new ProcessLiveness(new ProcessIdentity(machine, 1, "0"), Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()), _clock));

    private static async Task<bool> IsGoneAsync(PluginVersionStore store) => (await store.ReadAsync(default)).Single().Probations.Single().IsGone;

    private Task HeartbeatAsync(string machine) => Database.WriteAsync(
        db => db.ExecuteAsync(
            "INSERT OR REPLACE INTO node (id, heartbeat, version) VALUES (@id, @now, '1')",
            new { id = $"{machine}/1/0", now = _clock.GetUtcNow().ToUnixTimeMilliseconds() }), default);

    private static async Task<(VersionState State, string Reason)> StateAsync(PluginVersionStore store) =>
        (await store.ReadAsync(default)).Single() is var version ? (version.State, version.Reason) : default;

    private static async Task<IEnumerable<string>> ProbationsAsync(PluginVersionStore store) =>
        (await store.ReadAsync(default)).Single().Probations.Select(p => p.Node.Split('/')[0]).Order(StringComparer.Ordinal);
}
