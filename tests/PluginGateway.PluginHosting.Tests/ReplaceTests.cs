using System.Runtime.CompilerServices;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Swaps: what is called meanwhile, what stops one, what undoes one, and what a restart makes of it.</summary>
public sealed class ReplaceTests : IDisposable
{
    private readonly PluginWorlds _worlds = new();

    [Fact]
    public async Task No_call_is_dropped_and_each_is_answered_by_one_generation_over_100_swaps_and_32_callers()
    {
        var world = _worlds.New();
        DropPair(0);
        await world.StartAsync();
        var running = true;
        var (calls, bad) = (0, 0);
        var callers = Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (Volatile.Read(ref running))
            {
                if (world.Ask("one")?.StartsWith("word ", StringComparison.Ordinal) != true)
                    Interlocked.Increment(ref bad);
                Interlocked.Increment(ref calls);
                await Task.Yield();
            }
        })).ToArray();

        for (var i = 1; i <= 100; i++)
        {
            DropPair(i);
            await world.SettleAsync();
        }

        Volatile.Write(ref running, false);
        await Task.WhenAll(callers);
        Assert.Equal(0, bad);
        Assert.True(calls > 1000, $"only {calls} calls");
        Assert.Equal("word 100", world.Ask("one"));
        Assert.Equal(101, world.Catalog.Find("one")!.Number);
    }

    [Fact]
    public async Task A_call_that_began_before_the_swap_ends_on_the_old_code_with_the_old_library()
    {
        var world = _worlds.New();
        DropWithLibrary("old");
        await world.StartAsync();
        using var go = new SemaphoreSlim(0);
        using var inside = new SemaphoreSlim(0);
        var call = Task.Run(() => AskLibrary(world, inside, go));
        await inside.WaitAsync();

        DropWithLibrary("new");
        await world.SettleAsync();
        Assert.Equal("new", AskLibrary(world));
        // The old one leaves its probation's standby, and still has a call.
        await world.LookAsync(60);
        Assert.Contains(world.Statuses.All, s => s is { State: PluginState.Draining, Generation: 1 });
        go.Release();

        Assert.Equal("old", await call);
        await Eventually.TrueAsync(() => world.Statuses.All.All(s => s.State != PluginState.Draining), "the old one is unloaded");
    }

    [Fact]
    public async Task A_call_that_never_ends_holds_up_neither_the_swap_nor_the_next_and_is_reported()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        var lease = world.Catalog.Lease("one");
        world.Drop("one", "new");
        await world.SettleAsync();
        Assert.Equal("new", world.Ask("one"));
        await world.LookAsync(60);

        var unloading = lease.Generation!.Unloading;
        Assert.False(unloading.IsCancellationRequested);
        world.Clock.Advance(world.Options.Drain);
        await Eventually.TrueAsync(() => unloading.IsCancellationRequested, "the call is told to end");
        await Eventually.TrueAsync(
            () =>
            {
                world.Clock.Advance(world.Options.Drain);
                return world.Statuses.All.Any(s => s is { State: PluginState.Abandoned, Generation: 1 });
            },
            "it is given up");
        world.Drop("one", "newer");
        await world.SettleAsync();
        Assert.Equal("newer", world.Ask("one"));

        lease.Dispose();
        await Eventually.TrueAsync(() => world.Statuses.All.All(s => s.State != PluginState.Abandoned), "it is unloaded when the call ends");
    }

    public static TheoryData<string, string> BadVersions => new()
    {
        { "public sealed class Plugin : IAdapterPlugin { static Plugin() => throw new InvalidOperationException(\"no licence\");",
            "InvalidOperationException: no licence" },
        { "public sealed class Plugin : IAdapterPlugin { public Plugin() => throw new InvalidOperationException(\"no disk\");",
            "its constructor threw InvalidOperationException: no disk" },
        { "public sealed class Plugin : IAdapterPlugin { public Plugin() => new ManualResetEvent(false).WaitOne();",
            "it did not load within 10 s; its constructor keeps a thread until it ends" },
    };

    [Theory]
    [MemberData(nameof(BadVersions))]
    public async Task What_cannot_be_loaded_is_quarantined_and_the_old_version_serves_on_also_after_a_restart(string begin, string reason)
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.DropSource("one", PluginForge.Saying("one", "new").Replace("public sealed class Plugin : IAdapterPlugin\r\n{", begin, StringComparison.Ordinal)
            .Replace("public sealed class Plugin : IAdapterPlugin\n{", begin, StringComparison.Ordinal));

        await world.SettleWhileTimePassesAsync();

        Assert.Equal("old", world.Ask("one"));
        Assert.Equal(PluginState.Quarantined, world.Status("one").State);
        Assert.EndsWith(reason, world.Status("one").Reason, StringComparison.Ordinal);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("old", again.Ask("one"));
        Assert.Contains(reason, again.Status("one").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_its_probe_is_quarantined_and_another_version_is_tried_at_once()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Probe.Try = static g => Task.FromResult<string?>(g.Number == 2 ? "demo/backend: it has no service \"POTHOLE\"" : null);
        world.Drop("one", "bad");
        await world.SettleAsync();
        Assert.Equal("old", world.Ask("one"));
        Assert.Equal((PluginState.Quarantined, "demo/backend: it has no service \"POTHOLE\""), (world.Status("one").State, world.Status("one").Reason));

        world.Drop("one", "good");
        await world.SettleAsync();

        Assert.Equal("good", world.Ask("one"));
        Assert.Null(world.Status("one"));
    }

    [Fact]
    public async Task A_probation_lasts_while_its_calls_are_running_and_not_for_ever()
    {
        var world = await _worlds.NewOnProbationAsync();
        var call = world.Catalog.Lease("one");

        await world.LookAsync(61);
        Assert.Equal(PluginState.Probation, world.Serving("one").State);
        await world.LookAsync(120);
        Assert.Equal(PluginState.Active, world.Serving("one").State);
        call.Dispose();

        world.Drop("one", "newer");
        await world.SettleAsync();
        await world.LookAsync(61);
        Assert.Equal(PluginState.Active, world.Serving("one").State);
    }

    [Fact]
    public async Task What_went_live_without_a_check_is_compiled_with_the_next_look()
    {
        var world = _worlds.New();
        world.Drop("one", "word");
        await world.StartAsync();
        Assert.False(world.Catalog.Find("one")!.IsWarm);

        await world.LookAsync();

        await Eventually.TrueAsync(() => world.Catalog.Find("one")!.IsWarm, "its code is compiled");
    }

    [Fact]
    public async Task A_probe_that_hangs_ends_with_its_time()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Probe.Try = static _ => new TaskCompletionSource<string?>().Task;
        world.Drop("one", "bad");

        await world.SettleWhileTimePassesAsync();

        Assert.Equal("the check before going live did not end within 30 s", world.Status("one").Reason);
        Assert.Equal("old", world.Ask("one"));
    }

    [Fact]
    public async Task A_version_that_fails_after_five_calls_is_swapped_back_by_itself()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.DropSource("one", PluginForge.Saying("one", "bad", "if (++_calls > 5) throw new InvalidOperationException();", members: "private int _calls;"));
        await world.SettleAsync();

        var answers = Enumerable.Range(0, 12).Select(_ => world.Ask("one")).ToList();

        Assert.Equal(["bad", "bad", "bad", "bad", "bad"], answers[..5]);
        Assert.All(answers[8..], a => Assert.Equal("old", a));
        await world.LookAsync();
        Assert.Equal(PluginState.Quarantined, world.Status("one").State);
        Assert.Contains("of its latest calls failed by its own fault", world.Status("one").Reason, StringComparison.Ordinal);

        world.Drop("one", "mended");
        await world.SettleAsync();
        Assert.Equal("mended", world.Ask("one"));
    }

    [Fact]
    public async Task After_its_probation_a_version_stays_and_a_newer_one_ends_the_probation_before()
    {
        var world = _worlds.New();
        world.Drop("one", "first");
        await world.StartAsync();
        world.Drop("one", "second");
        await world.SettleAsync();
        Assert.Equal(PluginState.Probation, world.Serving("one").State);
        Assert.Contains(world.Statuses.All, s => s is { State: PluginState.Standby, Generation: 1 });
        world.Drop("one", "third");
        await world.SettleAsync();
        Assert.DoesNotContain(world.Statuses.All, s => s is { State: PluginState.Standby, Generation: 1 });
        Assert.Contains(world.Memory.Versions, v => v is { State: VersionState.Proven, Version: "1.2.3" });

        await world.LookAsync(60);
        Assert.Equal(PluginState.Active, world.Serving("one").State);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("third", again.Ask("one"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_operators_quarantine_goes_back_to_the_version_before_and_its_end_brings_it_again(bool onProbation)
    {
        var world = await _worlds.NewOnProbationAsync();
        if (!onProbation)
            await world.LookAsync(60);
        var known = world.Memory.Versions.Single(v => v.Sha256 == world.Catalog.Find("one")!.Sha256);

        world.Memory.Decide(known with { State = VersionState.Quarantined, Reason = "wrong team", By = "ann" });
        await world.LookAsync();

        Assert.Equal("old", world.Ask("one"));
        Assert.Equal("wrong team (by ann)", world.Status("one").Reason);
        world.Memory.Decide(known with { State = VersionState.Unproven });
        await world.LookAsync();
        Assert.Equal("new", world.Ask("one"));
    }

    public void Dispose() => _worlds.Dispose();

    /// <summary>A plug-in and a library of the same version; a call that meets two versions fails.</summary>
    private void DropPair(int number)
    {
        var library = PluginForge.Compile(
            _worlds.Folder.At("plugins", "one", "Library.dll"), $$"""public static class Library { public static string Word() => "word {{number}}"; }""");
        const string More = "var word = Library.Word(); Thread.Yield(); if (word != Word || word != Library.Word()) throw new InvalidOperationException();";
        PluginForge.Compile(_worlds.Folder.At("plugins", "one", "Adapter.dll"), PluginForge.Saying("one", $"word {number}", More), library);
    }

    private void DropWithLibrary(string word)
    {
        var library = PluginForge.Compile(
            _worlds.Folder.At("plugins", "one", "Library.dll"), $$"""public static class Library { public static string Word() => "{{word}}"; }""");
        const string Body = """
            public async Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
            {
                await attempt.MarkCommittingAsync(ct);
                throw AdapterException.Rejected(Late());
            }
            private static string Late() => Library.Word();
            """;
        PluginForge.Compile(_worlds.Folder.At("plugins", "one", "Adapter.dll"), PluginForge.Plugin("one", Body, "ISubmissionFinder"), library);
    }

    /// <summary>A call whose second half is the first to touch the library.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string AskLibrary(PluginWorld world, SemaphoreSlim? inside = null, SemaphoreSlim? go = null)
    {
        using var lease = world.Catalog.Lease("one");
        var finder = (ISubmissionFinder)lease.Generation!.Adapter("council/backend", "1", 0, static (_, _) => Context.With("{}"));
        try
        {
            finder.FindAsync(Some.Request(), new Attempt(inside, go), default).GetAwaiter().GetResult();
            return "";
        }
        catch (AdapterException e)
        {
            return e.Message;
        }
    }

    private sealed class Attempt(SemaphoreSlim? inside, SemaphoreSlim? go) : IAttempt
    {
        public string DeliveryKey => "1";

        public int Number => 1;

        public DateTimeOffset FirstTriedAt => Some.Time;

        public IReadOnlyDictionary<string, string> Notes { get; } = new Dictionary<string, string>();

        public Task NoteAsync(string key, string value, CancellationToken ct) => Task.CompletedTask;

        public async Task MarkCommittingAsync(CancellationToken ct)
        {
            inside?.Release();
            if (go is not null)
                await go.WaitAsync(ct);
        }
    }
}
