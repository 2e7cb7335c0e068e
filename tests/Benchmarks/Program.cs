using PluginGateway.Benchmarks;

if (args is ["--empty-app", var url])
{
    await EmptyApp.RunAsync(url);
    return;
}

Console.WriteLine(
    $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, .NET {Environment.Version}; {Rounds.Count} rounds of "
        + $"{Rounds.Length.TotalSeconds:0} s each, alternating with the baseline");
Console.WriteLine();
Console.WriteLine("| Benchmark | Gateway | Baseline | Ratio, median (min to max) | Target |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var (name, run) in new (string, Func<Task>)[]
{
    ("reading", ReadingBenchmark.RunAsync), ("accepting", AcceptingBenchmark.RunAsync), ("dispatch", DispatchBenchmark.RunAsync),
    ("bulkhead", BulkheadBenchmark.RunAsync),
    ("claim", ClaimBenchmark.RunAsync), ("retention", RetentionBenchmark.RunAsync), ("start", StartBenchmark.RunAsync),
    ("boundary", BoundaryBenchmark.RunAsync), ("reload", ReloadBenchmark.RunAsync), ("documents", DocumentBenchmark.RunAsync),
    ("admin", AdminBenchmark.RunAsync), ("outage", OutageBenchmark.RunAsync),
})
    // Runs all benchmarks, or those named on the command line.
    if (args.Length == 0 || args.Contains(name))
        await run();
