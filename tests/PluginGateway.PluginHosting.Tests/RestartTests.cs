using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests the start with recorded versions: on probation, quarantined, refused by settings, or new.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly PluginWorlds _worlds = new();

    [Fact]
    public async Task Second_crash_during_a_probation_quarantines_the_version()
    {
        var world = await _worlds.NewOnProbationAsync();
        Assert.Equal("new", world.Call("one"));

        // The first crash may have another cause, for example a kill: the version gets a trial and a new probation.
        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("old", again.Call("one"));
        await again.ScanAsync(0.3);
        Assert.Equal("new", again.Call("one"));
        Assert.Contains("one", again.Trial.Tried);

        var third = _worlds.Restart(again);
        await third.StartAsync();
        await third.ScanAsync(0.3);

        Assert.Equal("old", third.Call("one"));
        Assert.StartsWith(
            "the gateway process exited unexpectedly twice while this version was on probation", third.Status("one").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_that_completes_a_probation_after_a_crash_is_no_longer_suspected()
    {
        var again = _worlds.Restart(await _worlds.NewOnProbationAsync());
        await again.StartAsync();
        await again.ScanAsync(0.3);
        await again.ScanAsync(300);

        Assert.Equal("new", again.Call("one"));
        Assert.All(again.Store.Versions, v => Assert.Equal(VersionState.Proven, v.State));
    }

    [Fact]
    public async Task Crash_on_another_machine_counts_after_a_long_silence()
    {
        var world = await _worlds.NewOnProbationAsync();

        // A container: its successors have other machine names, and crash too.
        var second = _worlds.Restart(world, detected: false);
        await second.StartAsync();
        await second.ScanAsync(0.3);
        Assert.Equal("new", second.Call("one"));
        var third = _worlds.Restart(second, detected: false);
        await third.StartAsync();
        await third.ScanAsync(0.3);
        Assert.Equal("new", third.Call("one"));

        third.Store.Gone.Add("process 1");
        await third.ScanAsync(1);
        Assert.Equal("new", third.Call("one"));
        third.Store.Gone.Add("process 2");
        await third.ScanAsync(1);

        Assert.Equal("old", third.Call("one"));
        Assert.Empty(third.Store.Versions.SelectMany(v => v.Probations));
    }

    [Fact]
    public async Task Probation_ends_separately_on_each_gateway()
    {
        var world = await _worlds.NewOnProbationAsync();
        await world.Store.BeginProbationAsync(world.Store.Versions.Single(v => v.Probations.Count > 0), default);
        var other = new Probation("other", IsGone: false);
        world.Store.SetState(world.Store.Versions.Single(v => v.Probations.Count > 0) is var v ? v with { Probations = [.. v.Probations, other] } : v);

        await world.ScanAsync(601);
        Assert.Equal(PluginState.Active, world.Serving("one").State);
        Assert.Equal([other], world.Store.Versions.Single(v => v.Probations.Count > 0).Probations);

        world.Store.Gone.Add("other");
        await world.ScanAsync(1);

        Assert.Equal(VersionState.Suspected, world.Store.Versions.Single(v => v.AdapterName == "one" && v.State != VersionState.Proven).State);
        Assert.Equal("new", world.Call("one"));
    }

    [Fact]
    public async Task Regular_stop_during_a_probation_restarts_the_probation()
    {
        var world = await _worlds.NewOnProbationAsync();
        await world.Reloader.StopAsync(default);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("old", again.Call("one"));
        await again.ScanAsync(0.3);

        Assert.Equal("new", again.Call("one"));
        Assert.Equal(PluginState.Probation, again.Serving("one").State);
    }

    [Fact]
    public async Task Version_added_while_the_gateway_was_down_is_checked()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Drop("one", "bad");

        var again = _worlds.Restart(world);
        again.Probe.Check = static _ => Task.FromResult<string?>("it has no service \"POTHOLE\"");
        await again.StartAsync();
        await again.ScanAsync(0.3);

        Assert.Equal("old", again.Call("one"));
        Assert.Equal(PluginState.Quarantined, again.Status("one").State);
    }

    [Fact]
    public async Task Emptied_folder_keeps_the_serving_version_even_after_a_restart()
    {
        var world = _worlds.New();
        var file = world.Drop("one", "word");
        await world.StartAsync();

        File.Delete(file);
        await world.ScanAsync();
        await world.ScanAsync(3_600);
        Assert.Equal("word", world.Call("one"));

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("word", again.Call("one"));
        Assert.Equal(PluginState.Settling, again.Status("one").State);
    }

    [Fact]
    public async Task Version_refused_by_settings_is_not_restored_after_a_restart()
    {
        var world = _worlds.New();
        world.DropSource(
            "one", PluginForge.WithWord("one", "word", members: "public object X() => System.ComponentModel.TypeDescriptor.GetConverter(typeof(Adapter));"));
        await world.StartAsync();
        Assert.Equal("word", world.Call("one"));

        var again = _worlds.Restart(world, static o => o.Pins = FindingPolicy.Refuse);
        await again.StartAsync();

        Assert.Null(again.Call("one"));
        Assert.Equal(PluginState.Refused, again.Status("one").State);
    }

    [Fact]
    public async Task Modified_staged_copy_is_not_loaded()
    {
        // The version is staged but not loaded, because modifying a loaded file would harm this process.
        var world = _worlds.New(static o => o.Endangers = FindingPolicy.Refuse);
        world.DropSource("one", PluginForge.WithWord("one", "good", members: "public void X() => Environment.Exit(1);"));
        await world.StartAsync();
        Assert.Null(world.Call("one"));
        var staged = Directory.GetFiles(_worlds.Folder.At("state", "one"), "*.dll", SearchOption.AllDirectories).Single();
        File.Copy(PluginForge.Compile(_worlds.Folder.At("elsewhere", "Adapter.dll"), PluginForge.WithWord("one", "evil")), staged, overwrite: true);

        var again = _worlds.Restart(world, static o => o.Endangers = FindingPolicy.Warn);
        await again.StartAsync();

        Assert.Equal("good", again.Call("one"));
    }

    [Fact]
    public async Task Quarantine_survives_the_end_of_a_probation()
    {
        var world = await _worlds.NewOnProbationAsync();
        var probation = world.Store.Versions.Single(v => v.Probations.Count > 0);
        world.Store.SetState(probation with { State = VersionState.Quarantined, Probations = [], Reason = "wrong team", By = "ann" });

        await world.Reloader.StopAsync(default);
        var again = _worlds.Restart(world);
        await again.StartAsync();
        await again.ScanAsync(0.3);

        Assert.Equal("old", again.Call("one"));
        Assert.Contains("wrong team", again.Status("one").Reason, StringComparison.Ordinal);
    }

    public void Dispose() => _worlds.Dispose();
}
