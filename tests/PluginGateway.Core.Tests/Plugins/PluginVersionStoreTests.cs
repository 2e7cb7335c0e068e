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

/// <summary>What is remembered of plug-ins, in a real database that several gateways share.</summary>
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
    public async Task A_gateways_word_never_ends_a_quarantine_and_an_operators_does()
    {
        var memory = Memory("here");
        await memory.BeginProbationAsync(One, default);
        await memory.SaveAsync(One with { State = VersionState.Quarantined, Reason = "bad" }, default);

        await memory.SaveAsync(One with { State = VersionState.Proven }, default);
        Assert.Equal((VersionState.Quarantined, "bad"), await StateAsync(memory));

        await Database.WriteAsync(db => PluginVersionStore.WriteAsync(db, One with { Reason = "mended", By = "ann" }, ""), default);
        Assert.Equal((VersionState.Unproven, "mended"), await StateAsync(memory));
    }

    [Fact]
    public async Task Each_gateway_has_its_own_probation_and_a_quarantine_ends_them_all()
    {
        var (here, there) = (Memory("here"), Memory("there"));
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
    public async Task A_gateway_elsewhere_is_gone_when_it_was_not_heard_of_for_two_leases_and_that_was_seen_for_a_while()
    {
        var (here, there) = (Memory("here"), Memory("there"));
        await there.BeginProbationAsync(One, default);
        await there.SaveAsync([Serving], default);
        Assert.False(await IsGoneAsync(here));

        await HeartbeatAsync("there");
        _clock.Advance(TimeSpan.FromSeconds(119));
        Assert.False(await IsGoneAsync(here));
        Assert.Equal(["aa"], await here.ListUsedElsewhereAsync(default));
        Assert.Single(await here.ListAsync(default));

        // Not listed any more, and not judged yet: everything may have stood still.
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
        Assert.Equal(["here/1/0"], (await Memory("third").ListAsync(default)).Select(l => l.Node));
        await HeartbeatAsync("there");
        Assert.Equal(["here/1/0"], (await Memory("third").ListAsync(default)).Select(l => l.Node));
    }

    [Fact]
    public async Task A_verdict_counts_once_and_only_while_the_probation_is_on()
    {
        var (here, other) = (Memory("here"), Memory("other"));
        var verdict = One with { State = VersionState.Quarantined, Reason = "it died" };
        await Memory("there").BeginProbationAsync(One, default);
        Assert.True(await here.RecordVerdictAsync(verdict, "there/1/0", default));
        Assert.False(await other.RecordVerdictAsync(verdict with { Reason = "again" }, "there/1/0", default));
        Assert.Equal((VersionState.Quarantined, "it died"), await StateAsync(here));

        // It ended its probation between being looked at and being judged.
        await Database.WriteAsync(db => PluginVersionStore.WriteAsync(db, One, ""), default);
        await Memory("there").BeginProbationAsync(One, default);
        await Memory("there").SaveAsync(One with { State = VersionState.Proven }, default);
        Assert.False(await here.RecordVerdictAsync(verdict, "there/1/0", default));
        Assert.Equal(VersionState.Proven, (await StateAsync(here)).State);
    }

    [Fact]
    public async Task A_process_of_this_machine_that_does_not_run_is_gone_at_once()
    {
        var here = new PluginVersionStore(Database, new ProcessLiveness(ProcessIdentity.Current, Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()), _clock));
        await new PluginVersionStore(
            Database, new ProcessLiveness(
                ProcessIdentity.Current with { ProcessId = int.MaxValue }, Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()),
                _clock)).BeginProbationAsync(One, default);
        await here.BeginProbationAsync(One, default);

        Assert.Equal([true, false], (await here.ReadAsync(default)).Single().Probations.OrderBy(p => p.Node == here.Node).Select(p => p.IsGone));
    }

    private PluginVersionStore Memory(string machine) =>
        new(Database, new ProcessLiveness(new ProcessIdentity(machine, 1, "0"), Database, (IOptions<LeaseOptions>)Options.Create(new LeaseOptions()), _clock));

    private static async Task<bool> IsGoneAsync(PluginVersionStore memory) => (await memory.ReadAsync(default)).Single().Probations.Single().IsGone;

    private Task HeartbeatAsync(string machine) => Database.WriteAsync(
        db => db.ExecuteAsync(
            "INSERT OR REPLACE INTO node (id, heartbeat, version) VALUES (@id, @now, '1')",
            new { id = $"{machine}/1/0", now = _clock.GetUtcNow().ToUnixTimeMilliseconds() }), default);

    private static async Task<(VersionState State, string Reason)> StateAsync(PluginVersionStore memory) =>
        (await memory.ReadAsync(default)).Single() is var version ? (version.State, version.Reason) : default;

    private static async Task<IEnumerable<string>> ProbationsAsync(PluginVersionStore memory) =>
        (await memory.ReadAsync(default)).Single().Probations.Select(p => p.Node.Split('/')[0]).Order(StringComparer.Ordinal);
}
