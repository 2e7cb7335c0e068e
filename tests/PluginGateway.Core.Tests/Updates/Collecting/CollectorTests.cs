using Microsoft.Extensions.Hosting;
using PluginGateway.Contracts;
using PluginGateway.Core.Tests.Sending;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates.Collecting;

/// <summary>Which windows a back end is asked for, and what a failure does to them and to the other back ends.</summary>
public sealed class CollectorTests : IAsyncLifetime
{
    private readonly List<UpdateWindow> _asked = [];
    private readonly ScriptedAdapter _adapter = new();
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await StoreWorld.CreateAsync([]);
        _adapter.Collect = from => CollectAsync(from, () => Task.FromResult(new UpdateBatch { Cursor = $"cursor {_asked.Count}" }));
        _adapter.Into(_world.Get<PluginCatalog>());
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task The_first_window_is_a_week_and_the_next_begins_two_hours_before_the_end_of_the_last()
    {
        var first = _world.Clock.GetUtcNow();
        await RunAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        await RunAsync();

        Assert.Equal(
            [(first.AddDays(-7), first, null), (first.AddHours(-2), first.AddMinutes(5), "cursor 1")],
            _asked.Select(a => (a.Start, a.End, a.Cursor)));
    }

    [Fact]
    public async Task It_is_asked_only_when_its_turn_is_due()
    {
        await RunAsync();
        await RunAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(4));
        await RunAsync();

        Assert.Single(_asked);
    }

    [Fact]
    public async Task After_a_failure_the_same_window_is_asked_for_again_and_the_failure_is_kept_until_then()
    {
        var first = _world.Clock.GetUtcNow();
        _adapter.Collect = from => CollectAsync(from, () => throw AdapterException.Transient("It is down."));
        await RunAsync();
        Assert.Equal((first.ToUnixTimeMilliseconds(), "It is down."), await TroubleAsync());

        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        _adapter.Collect = from => CollectAsync(from, () => Task.FromResult(new UpdateBatch()));
        await RunAsync();

        Assert.Equal((0, ""), await TroubleAsync());
        Assert.Equal([first.AddDays(-7), first.AddDays(-7).AddMinutes(5)], _asked.Select(a => a.Start));
    }

    [Fact]
    public async Task A_back_end_that_hangs_delays_no_other_and_is_asked_once()
    {
        var hanging = new TaskCompletionSource<UpdateBatch>();
        var (main, spare) = (0, 0);
        _adapter.Collect = _ => Interlocked.Increment(ref main) == 1 ? hanging.Task : Task.FromResult(Count(ref spare));
        var collector = _world.Get<IEnumerable<IHostedService>>().OfType<Collector>().Single();

        await collector.StartedAsync(default);
        await Eventually.TrueAsync(() => Volatile.Read(ref main) == 2, "both back ends are asked, and one hangs");
        await Eventually.TrueAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromMinutes(5));
                return Volatile.Read(ref spare) >= 3;
            },
            "the other is asked again and again");
        hanging.SetResult(new UpdateBatch());
        await collector.StopAsync(default);

        // Two of them were the first calls; every other went to the back end that answers.
        Assert.Equal(main - 1, spare);
    }

    private static UpdateBatch Count(ref int count)
    {
        Interlocked.Increment(ref count);
        return new UpdateBatch();
    }

    private Task<UpdateBatch> CollectAsync(UpdateWindow from, Func<Task<UpdateBatch>> answer)
    {
        _asked.Add(from);
        return answer();
    }

    private Task RunAsync() => _world.Get<CollectionRun>().RunAsync(_world.Main, default);

    private async Task<(long, string)> TroubleAsync()
    {
        var row = Assert.Single(await _world.Get<CollectionStore>().ListAsync("c", default));
        return (row.FailingSince, row.Cause);
    }
}
