using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>What a start makes of what was remembered: of versions on probation, put away, refused by settings, or new.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly PluginWorlds _worlds = new();

    [Fact]
    public async Task A_gateway_that_dies_while_a_version_is_on_probation_starts_with_the_last_good_one()
    {
        var world = await _worlds.NewOnProbationAsync();
        Assert.Equal("new", world.Ask("one"));

        var again = _worlds.Restart(world);
        await again.StartAsync();

        Assert.Equal("old", again.Ask("one"));
        Assert.StartsWith("the gateway ended unexpectedly while it was on probation", again.Status("one").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_died_on_another_machine_is_judged_when_it_has_not_been_heard_of_for_long()
    {
        var world = await _worlds.NewOnProbationAsync();

        // A container: its successors have other names, and die of it too.
        var second = _worlds.Restart(world, known: false);
        await second.StartAsync();
        await second.LookAsync(0.3);
        Assert.Equal("new", second.Ask("one"));
        var third = _worlds.Restart(second, known: false);
        await third.StartAsync();
        await third.LookAsync(0.3);
        Assert.Equal("new", third.Ask("one"));

        third.Memory.Gone.Add("process 1");
        await third.LookAsync(1);

        Assert.Equal("old", third.Ask("one"));
        Assert.Empty(third.Memory.Versions.SelectMany(v => v.Probations));
    }

    [Fact]
    public async Task The_end_of_a_probation_at_one_gateway_leaves_it_on_probation_at_the_other()
    {
        var world = await _worlds.NewOnProbationAsync();
        await world.Memory.BeginProbationAsync(world.Memory.Versions.Single(v => v.Probations.Count > 0), default);
        var other = new Probation("other", IsGone: false);
        world.Memory.Decide(world.Memory.Versions.Single(v => v.Probations.Count > 0) is var v ? v with { Probations = [.. v.Probations, other] } : v);

        await world.LookAsync(601);
        Assert.Equal(PluginState.Active, world.Serving("one").State);
        Assert.Equal([other], world.Memory.Versions.Single(v => v.Probations.Count > 0).Probations);

        world.Memory.Gone.Add("other");
        await world.LookAsync(1);

        Assert.Equal("old", world.Ask("one"));
    }

    [Fact]
    public async Task A_gateway_that_is_stopped_while_a_version_is_on_probation_begins_that_probation_anew()
    {
        var world = await _worlds.NewOnProbationAsync();
        await world.Reloader.StopAsync(default);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("old", again.Ask("one"));
        await again.LookAsync(0.3);

        Assert.Equal("new", again.Ask("one"));
        Assert.Equal(PluginState.Probation, again.Serving("one").State);
    }

    [Fact]
    public async Task A_version_that_came_while_the_gateway_was_down_is_checked_like_any_other()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Drop("one", "bad");

        var again = _worlds.Restart(world);
        again.Probe.Try = static _ => Task.FromResult<string?>("it has no service \"POTHOLE\"");
        await again.StartAsync();
        await again.LookAsync(0.3);

        Assert.Equal("old", again.Ask("one"));
        Assert.Equal(PluginState.Quarantined, again.Status("one").State);
    }

    [Fact]
    public async Task A_folder_that_is_emptied_leaves_what_serves_also_over_a_restart()
    {
        var world = _worlds.New();
        var file = world.Drop("one", "word");
        await world.StartAsync();

        File.Delete(file);
        await world.LookAsync();
        await world.LookAsync(3_600);
        Assert.Equal("word", world.Ask("one"));

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("word", again.Ask("one"));
        Assert.Equal(PluginState.Settling, again.Status("one").State);
    }

    [Fact]
    public async Task A_version_that_settings_refuse_does_not_come_back_as_the_last_good_one()
    {
        var world = _worlds.New();
        world.DropSource(
            "one", PluginForge.Saying("one", "word", members: "public object X() => System.ComponentModel.TypeDescriptor.GetConverter(typeof(Adapter));"));
        await world.StartAsync();
        Assert.Equal("word", world.Ask("one"));

        var again = _worlds.Restart(world, static o => o.Pins = FindingPolicy.Refuse);
        await again.StartAsync();

        Assert.Null(again.Ask("one"));
        Assert.Equal(PluginState.Refused, again.Status("one").State);
    }

    [Fact]
    public async Task A_staged_copy_that_was_changed_is_not_loaded()
    {
        // Staged and not loaded: what is loaded cannot be changed without harm to this process.
        var world = _worlds.New(static o => o.Endangers = FindingPolicy.Refuse);
        world.DropSource("one", PluginForge.Saying("one", "good", members: "public void X() => Environment.Exit(1);"));
        await world.StartAsync();
        Assert.Null(world.Ask("one"));
        var staged = Directory.GetFiles(_worlds.Folder.At("state", "one"), "*.dll", SearchOption.AllDirectories).Single();
        File.Copy(PluginForge.Compile(_worlds.Folder.At("elsewhere", "Adapter.dll"), PluginForge.Saying("one", "evil")), staged, overwrite: true);

        var again = _worlds.Restart(world, static o => o.Endangers = FindingPolicy.Warn);
        await again.StartAsync();

        Assert.Equal("good", again.Ask("one"));
    }

    [Fact]
    public async Task A_gateways_word_does_not_end_a_quarantine()
    {
        var world = await _worlds.NewOnProbationAsync();
        var probation = world.Memory.Versions.Single(v => v.Probations.Count > 0);
        world.Memory.Decide(probation with { State = VersionState.Quarantined, Probations = [], Reason = "wrong team", By = "ann" });

        await world.Reloader.StopAsync(default);
        var again = _worlds.Restart(world);
        await again.StartAsync();
        await again.LookAsync(0.3);

        Assert.Equal("old", again.Ask("one"));
        Assert.Contains("wrong team", again.Status("one").Reason, StringComparison.Ordinal);
    }

    public void Dispose() => _worlds.Dispose();
}
