using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests the start after a process ended while it loaded plug-ins.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly PluginWorlds _worlds = new();

    [Fact]
    public async Task Only_the_version_that_dies_alone_is_quarantined()
    {
        var world = _worlds.New();
        world.Drop("one", "word");
        world.Drop("two", "word");
        await world.StartAsync();
        Assert.Equal(2, world.Store.Loading.Count);

        var again = _worlds.Restart(world);
        again.Trial.Result = static adapter => adapter == "one"
            ? new TrialResult(TrialOutcome.Died, "exit code 134") : new TrialResult(TrialOutcome.Survived, "");
        await again.StartAsync();
        await again.Reloader.StartedAsync(default);

        Assert.Equal(["one", "two"], again.Trial.Tried.Order());
        Assert.Null(again.Call("one"));
        Assert.Equal("word", again.Call("two"));
        Assert.Equal(PluginState.Quarantined, again.Status("one").State);
        Assert.Equal("it ends the process that loads it (exit code 134); fix it and install a new version", again.Status("one").Reason);
        Assert.Equal(VersionState.Proven, again.Store.Versions.Single(v => v.AdapterName == "two").State);
        // Only the mark of the version that died remains.
        Assert.Equal(["one"], again.Store.Loading.Select(l => l.Version.AdapterName));

        // The same content stays out, whatever its folder is called.
        var third = _worlds.Restart(again);
        Directory.Move(_worlds.Folder.At("plugins", "one"), _worlds.Folder.At("plugins", "other"));
        await third.StartAsync();
        Assert.Empty(third.Trial.Tried);
        Assert.Null(third.Call("one"));
    }

    [Fact]
    public async Task Version_is_tried_until_the_trial_has_a_result()
    {
        var world = _worlds.New();
        world.Drop("one", "word");
        await world.StartAsync();

        var again = _worlds.Restart(world);
        again.Trial.Result = static _ => new TrialResult(TrialOutcome.Unclear, "the process was killed from outside");
        await again.StartAsync();
        Assert.Equal(PluginState.Settling, again.Status("one").State);
        Assert.DoesNotContain(again.Store.Versions, v => v.State == VersionState.Quarantined);
        again.Trial.Result = static _ => new TrialResult(TrialOutcome.Survived, "");
        await again.ScanAsync(1);
        Assert.Null(again.Call("one"));
        await again.ScanAsync(5);

        Assert.Equal("word", again.Call("one"));
        Assert.Equal(2, again.Trial.Tried.Count);
    }

    [Fact]
    public async Task Process_that_ends_after_the_start_marks_no_version()
    {
        var world = _worlds.New();
        world.Drop("one", "word");
        await world.StartAsync();
        await world.Reloader.StartedAsync(default);

        var again = _worlds.Restart(world);
        await again.StartAsync();

        Assert.Empty(again.Trial.Tried);
        Assert.Equal("word", again.Call("one"));
    }

    [Fact]
    public async Task Version_installed_while_the_gateway_runs_is_marked_until_it_has_been_used()
    {
        var world = await SwappedWhileRunningAsync();
        Assert.Single(world.Store.Loading);

        await world.ScanAsync(5);

        Assert.Empty(world.Store.Loading);
    }

    [Fact]
    public async Task Version_that_ends_the_process_is_replaced_by_the_last_proven_one()
    {
        var world = await SwappedWhileRunningAsync();

        var again = _worlds.Restart(world);
        again.Trial.Result = static _ => new TrialResult(TrialOutcome.Died, "exit code 134");
        await again.StartAsync();
        await again.ScanAsync(0.3);

        Assert.Equal("old", again.Call("one"));
        Assert.Equal(PluginState.Quarantined, again.Status("one").State);
    }

    [Fact]
    public async Task Proven_version_that_ends_the_process_is_quarantined_too()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Drop("one", "new");
        await world.SettleAsync();
        await world.ScanAsync(300);
        var now = world.Store.Versions.Single(v => v.AdapterName == "one" && v.Sha256 == world.Serving("one").Sha256);
        world.Store.SetState(now with { State = VersionState.Quarantined, By = "ann", Reason = "wrong" });

        // The older version serves in place of the quarantined one, but ends the process.
        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("old", again.Call("one"));
        var third = _worlds.Restart(again);
        third.Trial.Result = static _ => new TrialResult(TrialOutcome.Died, "exit code 134");
        await third.StartAsync();
        await third.ScanAsync(61);

        Assert.Null(third.Call("one"));
        Assert.All(third.Store.Versions, v => Assert.Equal(VersionState.Quarantined, v.State));
        Assert.Single(third.Trial.Tried);
    }

    [Fact]
    public async Task Constructor_that_only_calculates_is_quarantined_at_once()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux provides the processor time of a thread.");
        var world = _worlds.New(static o => o.LoadProcessorTime = TimeSpan.FromMilliseconds(100));
        world.DropSource(
            "one", PluginForge.Plugin("one").Replace(
                "public AdapterDescriptor Describe() => new AdapterDescriptor { Title = \"Test\" };",
                "public AdapterDescriptor Describe() { for (var i = 0L; i < 20_000_000_000; i++) if (i == -1) return null; return null; }", StringComparison.Ordinal));
        await world.StartAsync();

        Assert.Equal(PluginState.Quarantined, world.Status("one").State);
        Assert.Equal(
            "it used more than 0.1 s of processor time while it was loaded; make its constructor return immediately", world.Status("one").Reason);
    }

    [Fact]
    public async Task Version_that_loads_slowly_is_used_when_it_has_loaded()
    {
        var world = _worlds.New();
        using var gate = new PluginGate();
        world.DropSource(
            "one", PluginForge.WithWord("one", "word").Replace(
                "public AdapterDescriptor Describe() =>", "public AdapterDescriptor Describe() => !Wait() ? null :", StringComparison.Ordinal)
                .Replace(
                    "public ICouncilAdapter Create(",
                    $"private static bool Wait() {{ {gate.Wait} return true; }} public ICouncilAdapter Create(", StringComparison.Ordinal));
        var start = world.StartAsync();
        await Eventually.TrueAsync(
            () =>
            {
                world.Clock.Advance(TimeSpan.FromSeconds(1));
                return start.IsCompleted;
            },
            "the start continues");
        await start;
        Assert.Equal((PluginState.Settling, "it is still being loaded"), (world.Status("one").State, world.Status("one").Reason));

        gate.Open();
        await Eventually.TrueAsync(
            async () =>
            {
                await world.ScanAsync(5);
                return world.Call("one") == "word";
            },
            "it is used");
    }

    [Fact]
    [Trait("Case", "64-old-copy-in-plugins-folder")]
    public async Task Version_that_served_last_keeps_serving_after_a_restart()
    {
        var world = _worlds.New();
        world.Drop("sat", "1.0.0");
        await world.StartAsync();
        world.Drop("sat", "2.0.0");
        await world.SettleAsync();
        await world.ScanAsync(300);
        PluginForge.Compile(_worlds.Folder.At("plugins", "Backup of Sat", "Adapter.dll"), PluginForge.WithWord("sat", "1.0.0"));
        await world.SettleAsync();
        Assert.Equal("2.0.0", world.Call("sat"));
        Assert.Equal(PluginState.Refused, world.Status("Backup of Sat").State);
        await world.Reloader.StopAsync(default);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        await again.ScanAsync(1);

        Assert.Equal("2.0.0", again.Call("sat"));
        Assert.Equal(PluginState.Refused, again.Status("Backup of Sat").State);
        Assert.Contains("already provides the adapter \"sat\"", again.Status("Backup of Sat").Reason, StringComparison.Ordinal);
    }

    public void Dispose() => _worlds.Dispose();

    /// <summary>Starts with a version, and installs another while the gateway runs.</summary>
    private async Task<PluginWorld> SwappedWhileRunningAsync()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        await world.Reloader.StartedAsync(default);
        world.Drop("one", "new");
        await world.SettleAsync();
        return world;
    }
}
