using Microsoft.Extensions.Hosting;
using PluginGateway.Contracts;
using PluginGateway.Core.Tests.Sending;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates.Collecting;

/// <summary>Tests the windows that a back end is polled for, and the effect of failures on them and on other back ends.</summary>
public sealed class CollectorTests : IAsyncLifetime
{
    private readonly List<UpdateWindow> _windows = [];
    private readonly ScriptedAdapter _adapter = new();
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await StoreWorld.CreateAsync([]);
        _adapter.Collect = from => CollectAsync(from, () => Task.FromResult(new UpdateBatch { Cursor = $"cursor {_windows.Count}" }));
        _adapter.Into(_world.Get<PluginCatalog>());
    }

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task First_window_is_a_week_and_later_ones_overlap_by_two_hours()
    {
        var first = _world.Clock.GetUtcNow();
        await RunAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        await RunAsync();

        Assert.Equal(
            [(first.AddDays(-7), first, null), (first.AddHours(-2), first.AddMinutes(5), "cursor 1")],
            _windows.Select(a => (a.Start, a.End, a.Cursor)));
    }

    [Fact]
    public async Task Back_end_is_polled_only_when_due()
    {
        await RunAsync();
        await RunAsync();
        _world.Clock.Advance(TimeSpan.FromMinutes(4));
        await RunAsync();

        Assert.Single(_windows);
    }

    [Fact]
    public async Task Failed_window_is_repeated_and_the_failure_recorded_until_then()
    {
        var first = _world.Clock.GetUtcNow();
        _adapter.Collect = from => CollectAsync(from, () => throw AdapterException.Transient("It is down."));
        await RunAsync();
        Assert.Equal((first.ToUnixTimeMilliseconds(), "It is down."), await FailureAsync());

        _world.Clock.Advance(TimeSpan.FromMinutes(5));
        _adapter.Collect = from => CollectAsync(from, () => Task.FromResult(new UpdateBatch()));
        await RunAsync();

        Assert.Equal((0, ""), await FailureAsync());
        Assert.Equal([first.AddDays(-7), first.AddDays(-7).AddMinutes(5)], _windows.Select(a => a.Start));
    }

    [Fact]
    public async Task Hanging_back_end_is_polled_once_and_does_not_delay_others()
    {
        var hanging = new TaskCompletionSource<UpdateBatch>();
        var (main, spare) = (0, 0);
        _adapter.Collect = _ => Interlocked.Increment(ref main) == 1 ? hanging.Task : Task.FromResult(Count(ref spare));
        var collector = _world.Get<IEnumerable<IHostedService>>().OfType<Collector>().Single();

        await collector.StartedAsync(default);
        await Eventually.TrueAsync(() => Volatile.Read(ref main) == 2, "both back ends are polled and one hangs");
        await Eventually.TrueAsync(
            () =>
            {
                _world.Clock.Advance(TimeSpan.FromMinutes(5));
                return Volatile.Read(ref spare) >= 3;
            },
            "the other back end is polled repeatedly");
        hanging.SetResult(new UpdateBatch());
        await collector.StopAsync(default);

        // The first two calls went to both back ends; every other one to the back end that answers.
        Assert.Equal(main - 1, spare);
    }

    private static UpdateBatch Count(ref int count)
    {
        Interlocked.Increment(ref count);
        return new UpdateBatch();
    }

    private Task<UpdateBatch> CollectAsync(UpdateWindow from, Func<Task<UpdateBatch>> answer)
    {
        _windows.Add(from);
        return answer();
    }

    private Task RunAsync() => _world.Get<CollectionRun>().RunAsync(_world.Main, default);

    private async Task<(long, string)> FailureAsync()
    {
        var row = Assert.Single(await _world.Get<CollectionStore>().ListAsync("c", default));
        return (row.FailingSince, row.Cause);
    }
}
