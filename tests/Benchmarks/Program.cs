using PluginGateway.Benchmarks;

if (args is ["--empty-app", var url])
{
    await EmptyApp.RunAsync(url);
    return;
}

Console.WriteLine(
    $"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, .NET {Environment.Version}; {Rounds.Count} rounds of "
        + $"{Rounds.Length.TotalSeconds:0} s each, in turn with the baseline");
Console.WriteLine();
Console.WriteLine("| what | gateway | baseline | ratio, median (min to max) | goal |");
Console.WriteLine("|---|---|---|---|---|");
foreach (var (name, run) in new (string, Func<Task>)[]
{
    ("reading", ReadingBenchmark.RunAsync), ("accepting", AcceptingBenchmark.RunAsync), ("dispatch", DispatchBenchmark.RunAsync),
    ("bulkhead", BulkheadBenchmark.RunAsync),
    ("claim", ClaimBenchmark.RunAsync), ("retention", RetentionBenchmark.RunAsync), ("start", StartBenchmark.RunAsync),
    ("boundary", BoundaryBenchmark.RunAsync), ("reload", ReloadBenchmark.RunAsync), ("documents", DocumentBenchmark.RunAsync),
    ("admin", AdminBenchmark.RunAsync),
})
    // All of them, or those that are named.
    if (args.Length == 0 || args.Contains(name))
        await run();
