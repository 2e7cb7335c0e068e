using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins;
using Microsoft.Extensions.Time.Testing;

namespace PluginGateway.Contracts.Testing;

// Unloading: the built assembly in its own context, used and let go.
public abstract partial class AdapterConformance
{
    /// <summary>After it was used and unloaded, nothing of the plug-in stays in memory.</summary>
    [Fact]
    public void It_leaves_the_memory_when_it_is_unloaded()
    {
        var context = LoadUseAndUnload();
        for (var i = 0; i < 200 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(
            context.IsAlive,
            "Something still holds the plug-in: a timer, a static event, JsonSerializer by reflection, a task that does not end. See plugins/README.md.");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference LoadUseAndUnload()
    {
        var type = CreatePlugin().GetType();
        var loader = PluginLoader.CreateFromAssemblyFile(type.Assembly.Location, isUnloadable: true, sharedTypes: [typeof(IAdapterPlugin)]);
        using var unloading = new CancellationTokenSource();
        var plugin = (IAdapterPlugin)Activator.CreateInstance(loader.LoadDefaultAssembly().GetType(type.FullName!)!)!;
        Use(plugin, unloading.Token);
        unloading.Cancel();
        var context = new WeakReference(AssemblyLoadContext.GetLoadContext(plugin.GetType().Assembly), trackResurrection: true);
        loader.Dispose();
        return context;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Use(IAdapterPlugin plugin, CancellationToken unloading)
    {
        var backEnd = CreateBackEnd();
        var adapter = plugin.Create(
            NewContext(new FaultProxy(backEnd), new TestState(), new FakeTimeProvider(Morning), Settings) with { Unloading = unloading });
        var services = adapter is IServiceCatalogue catalogue ? Wait(catalogue.GetServicesAsync(default)) : [];
        var request = CreateRequest(services is [var first, ..] ? first : new Service { Code = "POTHOLE", Name = "Pothole" });
        (adapter as IRequestPlanner)?.Plan(request);
        if (adapter is IRequestSender sender)
            Wait(sender.SubmitAsync(request, new TestAttempt(Morning), default));
        if (adapter is ISubmissionFinder finder)
            Wait(finder.FindAsync(request, new TestAttempt(Morning), default));
        if (adapter is IUpdateSource source)
            Wait(CollectAsync(source, null));
    }

    // In a method without await: an async one would keep the plug-in's objects in its state.
    private static T Wait<T>(Task<T> work) => Task.Run(() => InTimeAsync(work, "A call")).GetAwaiter().GetResult();
}
