using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// The cost of calling an adapter across the plug-in boundary: the lease on the current generation, the adapter of the back end, the cast
/// to the capability, and recording the outcome. Compared with the same empty call on an object already held.
/// </summary>
internal static class BoundaryBenchmark
{
    private const int Calls = 2_000_000;
    private const int Runs = 11;
    private const double GoalNs = 200;

    public static async Task RunAsync()
    {
        await using var run = new ReloadRun();
        await run.StartAsync();
        var catalog = run.Gateway.Get<PluginCatalog>();
        var adapter = Adapter(catalog);

        var (own, other, ratios) = (new List<double>(), new List<double>(), new List<double>());
        var allocated = 0L;
        for (var i = 0; i <= Runs; i++)
        {
            var (through, throughBytes) = Time(() => Through(catalog));
            var (direct, directBytes) = Time(() => Direct(adapter));
            // The first run includes JIT compilation.
            if (i == 0)
                continue;
            own.Add(through);
            other.Add(direct);
            ratios.Add(through - direct);
            allocated = (throughBytes - directBytes) / Calls;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| a call across the plug-in boundary | {Median(own):0} ns | {Median(other):0} ns direct | + {Median(ratios):0} ns ({ratios.Min():0} to "
                + $"{ratios.Max():0}), {allocated} bytes | ≤ + {GoalNs} ns, 0 bytes |"));
    }

    private static IConnectionCheck Adapter(PluginCatalog catalog)
    {
        using var lease = catalog.Lease("swap");
        return (IConnectionCheck)lease.Generation!.Adapter("council/backend", "1", 0, static (_, _) => Context.With("{}"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Through(PluginCatalog catalog)
    {
        using var lease = catalog.Lease("swap");
        if (!lease.IsHeld)
            throw new InvalidOperationException("The plug-in is not loaded.");

        var adapter = (IConnectionCheck)lease.Generation.Adapter("council/backend", "1", 0, static (_, _) => Context.With("{}"));
        _ = adapter.CheckAsync(default);
        catalog.NoteCall(lease.Generation, fault: false);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Direct(IConnectionCheck adapter) => _ = adapter.CheckAsync(default);

    private static (double Nanoseconds, long Bytes) Time(Action call)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
            call();
        var took = Stopwatch.GetElapsedTime(start);
        return (took.TotalNanoseconds / Calls, GC.GetAllocatedBytesForCurrentThread() - bytes);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
