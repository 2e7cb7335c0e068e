using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Sending;

/// <summary>Tests the loop of one back end: how many deliveries it claims, in which order, and how it stops.</summary>
public sealed class LaneTests : IAsyncLifetime
{
    private const string File = """
        {
          "jurisdictionId": "c", "name": "The council", "mode": "queued", "sendMethod": "main",
          "backends": { "main": { "adapter": "blackhole", "limit": 2, "settings": {} }, "spare": { "adapter": "blackhole", "settings": {} } },
          "services": [ { "code": "BIN", "name": "Missed bin" } ]
        }
        """;

    private readonly ConcurrentDictionary<string, TaskCompletionSource<Submission>> _calls = new();
    private StoreWorld _world = null!;
    private FaultyDatabase _database = null!;
    private Lane _lane = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await StoreWorld.CreateAsync([], File);
        new ScriptedAdapter { Submit = (request, _) => _calls.GetOrAdd(request.Description, _ => new TaskCompletionSource<Submission>()).Task }.Into(
            _world.Get<PluginCatalog>());
        _database = new FaultyDatabase(_world.Database);
        var options = _world.Get<IOptions<SendingOptions>>();
        var store = new DeliveryStore(
            _database, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), options, _world.Clock);
        _lane = new Lane(
            new LaneKey(await _world.LaneAsync(), "c", "main"), _world.Get<CouncilDirectory>(), _world.Get<LaneHealth>(), store, _world.Get<Deliverer>(),
            options.Value.Poll, _world.Clock, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var call in _calls.Values)
            call.TrySetResult(new Submission());
        await _lane.StopAsync(default);
        _lane.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Calls_are_limited_to_the_concurrency_of_the_back_end()
    {
        await AcceptAsync("a", "b", "c");

        _lane.Start(default);
        await CalledAsync("a", "b");
        Assert.Equal(2, _lane.Running.Count());

        Answer("a");
        await CalledAsync("a", "b", "c");
        Answer("b", "c");
        await SentAsync(3);
    }

    [Fact]
    public async Task Delivery_that_a_client_waits_for_is_sent_first()
    {
        var reports = await AcceptAsync("a", "b", "c", "d");

        _lane.Wake(reports[3].DeliveryId);
        _lane.Start(default);
        await CalledAsync("d", "a");

        Answer("a", "d");
        await CalledAsync("a", "b", "c", "d");
    }

    [Fact]
    public async Task Lane_polls_periodically()
    {
        _lane.Start(default);
        await Eventually.TrueAsync(() => _lane.SucceededRuns > 0, "the lane has polled once");
        await AcceptAsync("a");
        Assert.Empty(_calls);

        await Eventually.TrueAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromSeconds(1));
                return !_calls.IsEmpty;
            },
            "the lane polls again");
    }

    [Fact]
    public async Task Lane_without_its_plug_in_claims_nothing()
    {
        _world.Get<PluginCatalog>().Remove("blackhole");
        await AcceptAsync("a");

        _lane.Start(default);
        _lane.Wake(null);
        await Eventually.TrueAsync(() => _lane.SucceededRuns > 0, "the lane has polled");

        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 0 AND attempts = 0"));
    }

    [Fact]
    public async Task Lane_continues_after_a_database_failure()
    {
        await AcceptAsync("a");
        _database.Fault = () => new DatabaseBusyException("It is busy.");

        _lane.Start(default);
        await Eventually.TrueAsync(() => _lane.FailedRuns > 0, "a claim has failed");
        _database.Fault = null;
        _lane.Wake(null);

        await CalledAsync("a");
    }

    [Fact]
    public async Task Stop_claims_nothing_more_and_waits_for_running_calls()
    {
        await AcceptAsync("a");
        var poll = _world.Clock.GetUtcNow() + TimeSpan.FromSeconds(1);
        _lane.Start(default);
        await CalledAsync("a");
        Assert.Equal(1, _world.Clock.TimersDueAt(poll));

        var stopping = _lane.StopAsync(default);
        await AcceptAsync("b");
        _lane.Wake(null);
        Assert.False(stopping.IsCompleted);

        Answer("a");
        await stopping;
        Assert.Equal(["a"], _calls.Keys);
        Assert.Equal(0, _world.Clock.TimersDueAt(poll));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 0"));
    }

    private async Task<List<AcceptResult>> AcceptAsync(params string[] contents)
    {
        var accepted = new List<AcceptResult>();
        foreach (var content in contents)
        {
            accepted.Add(await _world.AcceptAsync(null, content));
            _world.Clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        return accepted;
    }

    private Task CalledAsync(params string[] contents) =>
        Eventually.TrueAsync(() => _calls.Keys.Order().SequenceEqual(contents.Order()), $"calls for {string.Join(", ", contents)}");

    private Task SentAsync(int count) =>
        Eventually.TrueAsync(async () => await _world.CountAsync("delivery WHERE state = 2") == count, $"{count} reports are sent");

    private void Answer(params string[] contents)
    {
        foreach (var content in contents)
            _calls[content].SetResult(new Submission { BackEndId = content });
    }
}
