using System.Globalization;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// Replaces a plug-in 200 times while 8 connections post reports that wait for its answer. The memory after the first 20 reloads is the
/// baseline for the memory after the last.
/// </summary>
internal static class ReloadBenchmark
{
    private const int Reloads = 200;
    private const int Connections = 8;
    private const int Counted = 180;

    public static async Task RunAsync()
    {
        await using var run = new ReloadRun();
        await run.StartAsync();
        await run.RunAsync(Reloads, Connections);
        await run.CollectAsync();

        var times = run.Times.Select(t => t.TotalMilliseconds).Order().ToList();
        Print($"{Reloads} reloads with {Connections} connections: reports that failed or were late", $"{run.Failures.Count} of {run.Requests:N0}", "", "0");
        Print("last byte copied to the new version serving", $"{times[times.Count / 2]:0} ms, at most {times[^1]:0} ms",
            "includes 300 ms of waiting for stable files", "");
        Print("managed heap after the last reload", $"{run.HeapAfter / 1024.0:N0} KB", $"{run.HeapBefore / 1024.0:N0} KB after the 20th reload: "
            + $"{run.HeapAfter / (double)run.HeapBefore:0.00}", "≤ 1.05");
        Print("resident memory per reload", $"{(run.ResidentAfter - run.ResidentBefore) / 1024.0 / Counted:0} KB", $"{run.ResidentAfter >> 20} MB after, "
            + $"{run.ResidentBefore >> 20} MB before", "");
        Print("plug-in assemblies in memory afterwards", $"{ReloadRun.CollectibleAssemblies}", "the serving version", "1");
    }

    private static void Print(string what, string value, string beside, string goal) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {value} | {beside} | | {goal} |"));
}
