using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins;
using Microsoft.Extensions.Time.Testing;

namespace PluginGateway.Contracts.Testing;

// Unloading: the built assembly is loaded into a separate load context, used and unloaded.
public abstract partial class AdapterConformance
{
    /// <summary>Checks that nothing of the plug-in stays in memory after it is used and unloaded.</summary>
    [Fact]
    public void Unload_after_use_frees_the_plugin()
    {
        var context = LoadUseAndUnload();
        for (var i = 0; i < 200 && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(
            context.IsAlive,
            "The plug-in is still referenced after it was unloaded, for example by a timer, a static event, JsonSerializer's reflection cache or a task "
            + "that does not end. See plugins/README.md.");
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

    // Blocks instead of awaiting: the state machine of an async method would keep the plug-in's objects in memory.
    private static T Wait<T>(Task<T> work) => Task.Run(() => InTimeAsync(work, "A call")).GetAwaiter().GetResult();
}
