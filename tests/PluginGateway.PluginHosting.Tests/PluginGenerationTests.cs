using System.Runtime.CompilerServices;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

public sealed class PluginGenerationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public void Publish_retires_the_generation_before_and_it_drains_with_its_last_lease()
    {
        var (slot, first, second) = (new PluginSlot(), Generation(1), Generation(2));
        slot.Publish(first);
        var lease = slot.TryLease()!;

        slot.Publish(second);

        Assert.Same(second, slot.TryLease()!.Generation);
        Assert.False(first.TryEnter());
        Assert.False(first.Drained.IsCompleted);
        lease.Dispose();
        lease.Dispose();
        Assert.True(first.Drained.IsCompleted);
    }

    [Fact]
    public async Task Publish_while_calls_in_flight_drops_none()
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
                using var lease = slot.TryLease();
                if (lease is null)
                    Interlocked.Increment(ref missed);
            }
        })).ToArray();

        for (var i = 1; i <= 2_000; i++)
            retired.Add(slot.Publish(Generation(i))!);
        Volatile.Write(ref running, false);
        await Task.WhenAll(callers);

        Assert.Equal(0, missed);
        Assert.All(retired, g => Assert.True(g.Drained.IsCompleted));
    }

    [Fact]
    public void An_adapter_is_made_once_for_each_version_of_its_settings()
    {
        var generation = Generation(1);

        var first = generation.Adapter("a/b", "1", _ => Context.With("{}"));

        Assert.Same(first, generation.Adapter("a/b", "1", _ => throw new InvalidOperationException()));
        Assert.NotSame(first, generation.Adapter("a/b", "2", _ => Context.With("{}")));
        Assert.NotSame(first, generation.Adapter("a/c", "1", _ => Context.With("{}")));
    }

    [Fact]
    public void A_failure_to_make_an_adapter_is_not_remembered()
    {
        var generation = Generation(1);

        Assert.Throws<InvalidOperationException>(() => generation.Adapter("a/b", "1", _ => throw new InvalidOperationException()));

        Assert.NotNull(generation.Adapter("a/b", "1", _ => Context.With("{}")));
    }

    [Fact]
    public void An_unloaded_plugin_is_collected()
    {
        PluginForge.Compile(_folder.At("plugins", "One.dll"), PluginForge.Plugin("one", "public Task CheckAsync(CancellationToken ct) => Task.CompletedTask;", "IConnectionCheck"));

        var context = LoadUseAndUnload();

        for (var i = 0; i < 20 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(context.IsAlive, "the plug-in's load context is still in memory");
    }

    public void Dispose() => _folder.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference LoadUseAndUnload()
    {
        using var catalog = new PluginCatalog(new CollectibleLoader(), TimeProvider.System);
        catalog.LoadAll(_folder.At("plugins"), _folder.At("state"));
        using var lease = catalog.TryLease("one")!;
        var adapter = lease.Generation.Adapter("a/b", "1", _ => Context.With("{}"));
        Assert.True(((IConnectionCheck)adapter).CheckAsync(default).IsCompletedSuccessfully);
        return new WeakReference(System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(adapter.GetType().Assembly), trackResurrection: true);
    }

    private static PluginGeneration Generation(int number) =>
        new(number, null, "test", new LoadedPlugin(new Plugin(), new AdapterDescriptor { Title = "Test" }, null));

    private sealed class Plugin : IAdapterPlugin
    {
        public AdapterDescriptor Describe() => new() { Title = "Test" };

        public ICouncilAdapter Create(AdapterContext context) => new Adapter();
    }

    private sealed class Adapter : ICouncilAdapter;
}
