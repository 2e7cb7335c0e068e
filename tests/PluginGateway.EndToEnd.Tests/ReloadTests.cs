using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests replacing plug-ins while reports pass through them. Runs exclusively, because it measures memory.</summary>
[Collection(nameof(Alone))]
public sealed class ReloadTests
{
    [Fact]
    public async Task Two_hundred_reloads_under_load_fail_no_report_and_leak_no_memory()
    {
        await using var run = new ReloadRun("--Plugins:Settle=00:00:00.05");
        await run.StartAsync();
        var collectible = ReloadRun.CollectibleAssemblies;

        await run.RunAsync(reloads: 200, connections: 8);

        Assert.Empty(run.Failures);
        Assert.True(run.Requests > 200, $"only {run.Requests} reports");
        await run.CollectAsync();
        Assert.Equal(201, run.Gateway.Get<PluginCatalog>().Find("swap")!.Number - 3);
        // Assemblies of other tests may have been unloaded meanwhile.
        Assert.InRange(ReloadRun.CollectibleAssemblies, 1, collectible);
        Assert.InRange(run.HeapAfter, 0, run.HeapBefore * 1.05);
        Assert.Equal(0, await run.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2"));
    }

    [Fact]
    public async Task Running_call_finishes_on_the_old_version_while_new_calls_use_the_new_one()
    {
        await using var run = new ReloadRun("--Plugins:Settle=00:00:00.05");
        await run.StartAsync();
        var old = run.Word;
        var slow = run.Gateway.PostAsync("swap", Some.Report(description: "slow"));
        await Eventually.TrueAsync(
            async () => await run.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE committing > 0") == 1, "the slow call is running");

        await run.RunAsync(reloads: 3, connections: 8);
        var quick = await run.Gateway.PostAsync("swap", Some.Report());

        Assert.False(slow.IsCompleted);
        Assert.StartsWith(run.Word, quick.Id, StringComparison.Ordinal);
        Assert.StartsWith(old, (await slow).Id, StringComparison.Ordinal);
        Assert.Empty(run.Failures);
        await run.CollectAsync();
    }
}
