using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

public sealed class PluginGenerationTests
{
    [Fact]
    public void Retired_generation_drains_with_its_last_lease()
    {
        var (slot, first, second) = (new PluginSlot(), Generation(1), Generation(2));
        slot.Publish(first);
        var lease = slot.Lease();

        slot.Publish(second);
        Assert.Same(second, slot.Lease().Generation);
        Assert.Same(first, slot.EndProbation());
        first.Retire();

        Assert.False(first.TryEnter());
        Assert.False(first.Drained.IsCompleted);
        lease.Dispose();
        Assert.True(first.Drained.IsCompleted);
    }

    [Fact]
    public void Rollback_restores_the_previous_generation_once()
    {
        var (slot, first, second) = (new PluginSlot(), Generation(1), Generation(2));
        slot.Publish(first);
        slot.Publish(second);

        Assert.Null(slot.RollBack(first));
        Assert.Same(second, slot.RollBack(second));
        Assert.Same(first, slot.Current);
        Assert.Null(slot.RollBack(second));
        Assert.Null(slot.RollBack(first));
    }

    [Fact]
    public async Task Publish_during_calls_drops_none()
    {
        var slot = new PluginSlot();
        slot.Publish(Generation(0));
        var retired = new List<PluginGeneration>();
        var running = true;
        var missed = 0;
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (Volatile.Read(ref running))
            {
                using var lease = slot.Lease();
                if (!lease.IsHeld)
                    Interlocked.Increment(ref missed);
            }
        })).ToArray();

        for (var i = 1; i <= 2_000; i++)
        {
            slot.Publish(Generation(i));
            var before = slot.EndProbation()!;
            before.Retire();
            retired.Add(before);
        }

        Volatile.Write(ref running, false);
        await Task.WhenAll(callers);

        Assert.Equal(0, missed);
        Assert.All(retired, g => Assert.True(g.Drained.IsCompleted));
    }

    [Theory]
    [InlineData(2, 0, false)]
    [InlineData(3, 0, true)]
    [InlineData(3, 2, false)]
    [InlineData(9, 4, true)]
    public void Fault_record_is_worse_from_three_faults_and_more_than_twice_the_other(int faults, int before, bool worse)
    {
        var (now, then) = (new FaultRecord(), new FaultRecord());
        for (var i = 0; i < 16; i++)
        {
            now.Note(i < faults);
            then.Note(i < before);
        }

        Assert.Equal(worse, now.IsWorseThan(then));
        for (var i = 0; i < 16; i++)
            now.Note(fault: false);
        Assert.Equal(0, now.Recent);
    }

    [Fact]
    public void Adapter_is_created_once_per_version_of_its_settings()
    {
        var generation = Generation(1);

        var first = generation.Adapter("a/b", "1", 0, static (_, _) => Context.With("{}"));

        Assert.Same(first, generation.Adapter("a/b", "1", 0, static (_, _) => throw new InvalidOperationException()));
        Assert.NotSame(first, generation.Adapter("a/b", "2", 0, static (_, _) => Context.With("{}")));
        Assert.NotSame(first, generation.Adapter("a/c", "1", 0, static (_, _) => Context.With("{}")));
    }

    [Fact]
    public void Failed_creation_of_an_adapter_is_not_cached()
    {
        var generation = Generation(1);

        Assert.Throws<InvalidOperationException>(() => generation.Adapter("a/b", "1", 0, static (_, _) => throw new InvalidOperationException()));

        Assert.NotNull(generation.Adapter("a/b", "1", 0, static (_, _) => Context.With("{}")));
    }

    [Fact]
    public void Hanging_work_is_waited_for_once_by_all_callers()
    {
        using var never = new ManualResetEventSlim();
        var work = new BoundedWork<string>(
            () =>
            {
                never.Wait();
                return "done";
            },
            new WorkLimits(TimeSpan.FromMilliseconds(50), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));

        Assert.Equal("it did not finish within 0.1 s", Assert.Throws<TimeoutException>(() => work.Value).Message);
        Assert.Throws<TimeoutException>(() => work.Value);
        Assert.False(work.HasValue);
        never.Set();
        Assert.True(SpinWait.SpinUntil(() => work.HasValue, TimeSpan.FromSeconds(10)));
        Assert.Equal("done", work.Value);
    }

    [Fact]
    public void Busy_work_is_recognised_by_its_processor_time()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux provides the processor time of a thread.");
        var stop = false;
        var busy = new BoundedWork<int>(
            () =>
            {
                while (!Volatile.Read(ref stop))
                    Thread.SpinWait(100);
                return 1;
            },
            new WorkLimits(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(50)));
        using var never = new ManualResetEventSlim();
        var waiting = new BoundedWork<int>(
            () =>
            {
                never.Wait();
                return 1;
            },
            new WorkLimits(TimeSpan.FromMinutes(1), TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(50)));

        Assert.Equal("it used more than 0.1 s of processor time", Assert.Throws<TimeoutException>(() => busy.FinalValue).Message);
        Assert.Equal("it did not finish within 0.3 s", Assert.Throws<TimeoutException>(() => waiting.FinalValue).Message);
        Assert.Equal((true, false), (busy.IsOverProcessorTime, waiting.IsOverProcessorTime));
        Volatile.Write(ref stop, true);
        never.Set();
    }

    [Fact]
    public void Failed_work_throws_its_exception_to_every_caller()
    {
        var work = new BoundedWork<string>(() => throw new InvalidOperationException("no"));

        Assert.Equal("no", Assert.Throws<InvalidOperationException>(() => work.Value).Message);
        Assert.Equal("no", Assert.Throws<InvalidOperationException>(() => work.Value).Message);
    }

    private static PluginGeneration Generation(int number) =>
        new(number, "test", new LoadedPlugin(new Plugin(), new AdapterDescriptor { Title = "Test" }, null));

    private sealed class Plugin : IAdapterPlugin
    {
        public AdapterDescriptor Describe() => new() { Title = "Test" };

        public ICouncilAdapter Create(AdapterContext context) => new Adapter();
    }

    private sealed class Adapter : ICouncilAdapter;
}
