using PluginGateway.Benchmarks;

if (args is ["--empty-app", var url])
{
    await EmptyApp.RunAsync(url);
    return;
}

Console.WriteLine($"{Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GB, .NET {Environment.Version}; {Rounds.Count} rounds of {Rounds.Length.TotalSeconds:0} s each, in turn with the baseline");
Console.WriteLine();
Console.WriteLine("| what | gateway | baseline | ratio, median (min to max) | goal |");
Console.WriteLine("|---|---|---|---|---|");
await ReadingBenchmark.RunAsync();
await AcceptingBenchmark.RunAsync();
await StartBenchmark.RunAsync();
