using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Tests.Storage.Stores;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Retention;

/// <summary>Tests when the retention job runs, with a clock that only the test advances.</summary>
public sealed class RetentionJobTests : IAsyncLifetime
{
    private static readonly DateTimeOffset FirstNight = new(2026, 11, 23, 2, 30, 0, TimeSpan.Zero);

    private readonly CountingSweep _sweep = new();
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await StoreWorld.CreateAsync([]);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Job_runs_once_per_night_and_later_after_a_missed_night()
    {
        using (var job = await StartAsync(ProcessIdentity.Current))
        {
            await AdvanceToAsync(FirstNight);
            await AdvanceToAsync(FirstNight.AddDays(1));
            await WaitsForAsync(FirstNight.AddDays(2));
            Assert.Equal(2, _sweep.Runs);
            await job.StopAsync(default);
        }

        _world.Clock.Advance(TimeSpan.FromDays(5));
        using var later = await StartAsync(ProcessIdentity.Current);
        // The missed run starts some time after the start of the gateway.
        await AdvanceToAsync(_world.Clock.GetUtcNow().AddMinutes(10));
        await WaitsForAsync(FirstNight.AddDays(7));
        Assert.Equal(3, _sweep.Runs);
        await later.StopAsync(default);
    }

    [Fact]
    public async Task Failed_run_is_retried_after_an_hour()
    {
        using var job = await StartAsync(ProcessIdentity.Current);
        _sweep.Fails = true;
        await AdvanceToAsync(FirstNight);
        await AdvanceToAsync(FirstNight.AddHours(1));
        await WaitsForAsync(FirstNight.AddHours(2));
        Assert.Equal(2, _sweep.Runs);

        _sweep.Fails = false;
        await AdvanceToAsync(FirstNight.AddHours(2));
        await WaitsForAsync(FirstNight.AddDays(1));
        Assert.Equal(3, _sweep.Runs);
        await job.StopAsync(default);
    }

    [Fact]
    public async Task Only_one_of_two_hosts_runs_the_job()
    {
        using var one = await StartAsync(ProcessIdentity.Current);
        await WaitsForAsync(FirstNight);
        using var other = await StartAsync(new ProcessIdentity("elsewhere", 1, "x"));
        await Eventually.TrueAsync(() => _world.Clock.TimersDueAt(FirstNight) == 2, "both hosts wait for the night");

        await AdvanceToAsync(FirstNight);
        // A host that finds the job running checks again later and finds it done.
        await Eventually.TrueAsync(
            () => _world.Clock.TimersDueAt(FirstNight.AddDays(1)) + _world.Clock.TimersDueAt(FirstNight.AddMinutes(10)) == 2,
            "one host is done and the other waits to check again");
        _world.Clock.Advance(TimeSpan.FromMinutes(10));
        await Eventually.TrueAsync(() => _world.Clock.TimersDueAt(FirstNight.AddDays(1)) == 2, "both hosts wait for the next night");

        Assert.Equal(1, _sweep.Runs);
        await Task.WhenAll(one.StopAsync(default), other.StopAsync(default));
    }

    private async Task<RetentionJob> StartAsync(ProcessIdentity node)
    {
        var job = new RetentionJob(
            new RetentionRun([_sweep], _world.Get<IOptions<RetentionOptions>>(), _world.Clock), new LeaderLocks(_world.Database, node, _world.Clock),
            _world.Database, _world.Get<IOptions<RetentionOptions>>(), _world.Clock, NullLogger<RetentionJob>.Instance);
        await job.StartedAsync(default);
        return job;
    }

    private async Task AdvanceToAsync(DateTimeOffset time)
    {
        await WaitsForAsync(time);
        _world.Clock.Advance(time - _world.Clock.GetUtcNow());
    }

    private Task WaitsForAsync(DateTimeOffset time) => Eventually.TrueAsync(() => _world.Clock.TimersDueAt(time) > 0, $"the job waits until {time}");

    private sealed class CountingSweep : ISweep
    {
        private int _runs;

        public int Runs => Volatile.Read(ref _runs);

        public bool Fails { get; set; }

        public string Name => "test data";

        public TimeSpan? RetentionPeriod(RetentionOptions options) => TimeSpan.FromDays(1);

        public Task<long> RunAsync(long before, bool remove, CancellationToken ct)
        {
            Interlocked.Increment(ref _runs);
            return Fails ? throw new DatabaseBusyException("It is busy.") : Task.FromResult(1L);
        }
    }
}
