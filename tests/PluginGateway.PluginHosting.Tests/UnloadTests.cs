using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

[CollectionDefinition(nameof(UnloadTests), DisableParallelization = true)]
public sealed class UnloadCollection;

/// <summary>Tests that replaced plug-ins are removed from memory. Runs exclusively, so that no garbage of other tests is counted.</summary>
[Collection(nameof(UnloadTests))]
public sealed class UnloadTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Plug_in_replaced_50_times_leaves_nothing_in_memory()
    {
        using var world = new PluginWorld(_folder);
        await ReplaceAsync(world, 50, "if (System.Text.Json.JsonDocument.Parse(\"{}\").RootElement.ValueKind == 0) return null;");

        await world.CollectAsync();

        Assert.Equal(0, world.Alive);
        Assert.DoesNotContain(world.Statuses.All, s => s.State is PluginState.Unloading or PluginState.Leaked);
        Assert.Equal("word 50", world.Call("one"));
    }

    [Theory]
    [InlineData("System.Text.Json.JsonSerializer.Serialize(new Adapter(null));")]
    [InlineData("Timer timer = null; timer = new Timer(_ => GC.KeepAlive(timer), null, 100_000, 100_000);")]
    public async Task Leaked_versions_are_reported_and_block_nothing(string leak)
    {
        using var world = new PluginWorld(_folder);
        await ReplaceAsync(world, 3, leak);
        await world.CollectRepeatedlyAsync();
        Assert.Equal(2, world.Alive);

        await world.ScanAsync(world.Options.UnloadWithin.TotalSeconds);

        Assert.Equal([1, 2], world.Statuses.All.Where(s => s.State == PluginState.Leaked).Select(s => s.Generation).Order());
        Assert.All(world.Statuses.All.Where(s => s.State == PluginState.Leaked), s => Assert.Equal(("one", "1.2.3"), (s.AdapterName, s.Version)));
        Assert.Equal("word 3", world.Call("one"));
    }

    [Fact]
    public async Task Exception_of_a_plug_in_type_does_not_keep_the_plug_in_in_memory()
    {
        using var world = new PluginWorld(_folder);
        world.DropSource(
            "one", PluginForge.WithWord(
                "one", "word", "throw new Own(this);",
                members: "private sealed class Own(object who) : InvalidOperationException { public object Who { get; } = who; }"));
        await world.StartAsync();
        Assert.Equal("Own", world.Call("one"));

        await ReplaceAsync(world, 1, "");
        await world.ScanAsync(60);
        await Eventually.TrueAsync(() => world.Statuses.All.All(s => s.State != PluginState.Draining), "the old version is unloaded");
        await world.CollectAsync();

        Assert.Equal(0, world.Alive);
    }

    [Fact]
    public async Task Overwriting_files_in_place_under_load_does_not_harm_the_process()
    {
        using var world = new PluginWorld(_folder);
        var path = world.Drop("one", "word");
        await world.StartAsync();
        var bytes = await File.ReadAllBytesAsync(path);
        var running = true;
        var calling = Task.Run(() =>
        {
            while (Volatile.Read(ref running))
                Assert.Equal("word", world.Call("one"));
        });

        for (var i = 0; i < 100; i++)
        {
            await using (var file = new FileStream(path, FileMode.Truncate, FileAccess.Write))
                await file.WriteAsync(bytes.AsMemory(0, bytes.Length / 2));
            await world.SettleAsync();
            await File.WriteAllBytesAsync(path, bytes);
            await world.SettleAsync();
        }

        Volatile.Write(ref running, false);
        await calling;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Replaces the plug-in repeatedly and calls each version.</summary>
    private static async Task ReplaceAsync(PluginWorld world, int times, string more)
    {
        for (var i = 1; i <= times; i++)
        {
            world.Drop("one", $"word {i}", more);
            if (world.Catalog.Find("one") is null)
                await world.StartAsync();
            else
                await world.SettleAsync();
            Assert.Equal($"word {i}", world.Call("one"));
        }

        await world.ScanAsync(60);
        await Eventually.TrueAsync(() => world.Statuses.All.All(s => s.State != PluginState.Draining), "the replaced versions are unloaded");
    }
}
