using System.Runtime.CompilerServices;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Tests replacements: calls during a replacement, failed checks, rollbacks, and restarts.</summary>
public sealed class ReplaceTests : IDisposable
{
    private readonly PluginWorlds _worlds = new();

    [Fact]
    public async Task Concurrent_calls_succeed_on_one_generation_each_during_100_replacements()
    {
        var world = _worlds.New();
        DropPair(0);
        await world.StartAsync();
        var running = true;
        var (calls, failed) = (0, 0);
        var callers = Enumerable.Range(0, 32).Select(_ => Task.Run(async () =>
        {
            while (Volatile.Read(ref running))
            {
                if (world.Call("one")?.StartsWith("word ", StringComparison.Ordinal) != true)
                    Interlocked.Increment(ref failed);
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
        Assert.Equal(0, failed);
        Assert.True(calls > 1000, $"only {calls} calls");
        Assert.Equal("word 100", world.Call("one"));
        Assert.Equal(101, world.Catalog.Find("one")!.Number);
    }

    [Fact]
    public async Task Running_call_finishes_on_the_old_code_with_the_old_library()
    {
        var world = _worlds.New();
        DropWithLibrary("old");
        await world.StartAsync();
        using var go = new SemaphoreSlim(0);
        using var inside = new SemaphoreSlim(0);
        var call = Task.Run(() => CallLibrary(world, inside, go));
        await inside.WaitAsync();

        DropWithLibrary("new");
        await world.SettleAsync();
        Assert.Equal("new", CallLibrary(world));
        // The old generation leaves the standby and still has a call.
        await world.ScanAsync(60);
        Assert.Contains(world.Statuses.All, s => s is { State: PluginState.Draining, Generation: 1 });
        go.Release();

        Assert.Equal("old", await call);
        await Eventually.TrueAsync(() => world.Statuses.All.All(s => s.State != PluginState.Draining), "the old generation is unloaded");
    }

    [Fact]
    public async Task Hanging_call_does_not_block_replacements_and_is_reported()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        var lease = world.Catalog.Lease("one");
        world.Drop("one", "new");
        await world.SettleAsync();
        Assert.Equal("new", world.Call("one"));
        await world.ScanAsync(60);

        var unloading = lease.Generation!.Unloading;
        Assert.False(unloading.IsCancellationRequested);
        world.Clock.Advance(world.Options.Drain);
        await Eventually.TrueAsync(() => unloading.IsCancellationRequested, "the call is cancelled");
        await Eventually.TrueAsync(
            () =>
            {
                world.Clock.Advance(world.Options.Drain);
                return world.Statuses.All.Any(s => s is { State: PluginState.Abandoned, Generation: 1 });
            },
            "the old generation is abandoned");
        world.Drop("one", "newer");
        await world.SettleAsync();
        Assert.Equal("newer", world.Call("one"));

        lease.Dispose();
        await Eventually.TrueAsync(() => world.Statuses.All.All(s => s.State != PluginState.Abandoned), "the old generation is unloaded when the call ends");
    }

    public static TheoryData<string, string> FaultyVersions => new()
    {
        { "public sealed class Plugin : IAdapterPlugin { static Plugin() => throw new InvalidOperationException(\"no licence\");",
            "InvalidOperationException: no licence" },
        { "public sealed class Plugin : IAdapterPlugin { public Plugin() => throw new InvalidOperationException(\"no disk\");",
            "its constructor threw InvalidOperationException: no disk" },
        { "public sealed class Plugin : IAdapterPlugin { public Plugin() => new ManualResetEvent(false).WaitOne();",
            "it did not load within 60 s, 3 times in a row; make its constructor return immediately" },
    };

    [Theory]
    [MemberData(nameof(FaultyVersions))]
    public async Task Unloadable_version_is_quarantined_and_the_old_one_serves_even_after_a_restart(string begin, string reason)
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.DropSource("one", PluginForge.WithWord("one", "new").Replace("public sealed class Plugin : IAdapterPlugin\r\n{", begin, StringComparison.Ordinal)
            .Replace("public sealed class Plugin : IAdapterPlugin\n{", begin, StringComparison.Ordinal));

        await world.SettleWithRunningClockAsync();

        Assert.Equal("old", world.Call("one"));
        Assert.Equal(PluginState.Quarantined, world.Status("one").State);
        Assert.EndsWith(reason, world.Status("one").Reason, StringComparison.Ordinal);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("old", again.Call("one"));
        Assert.Contains(reason, again.Status("one").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_that_fails_its_check_is_quarantined_and_the_next_one_checked()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Probe.Check = static g => Task.FromResult<string?>(g.Number == 2 ? "demo/backend: it has no service \"POTHOLE\"" : null);
        world.Drop("one", "bad");
        await world.SettleAsync();
        Assert.Equal("old", world.Call("one"));
        Assert.Equal((PluginState.Quarantined, "demo/backend: it has no service \"POTHOLE\""), (world.Status("one").State, world.Status("one").Reason));

        world.Drop("one", "good");
        await world.SettleAsync();

        Assert.Equal("good", world.Call("one"));
        Assert.Null(world.Status("one"));
    }

    [Fact]
    public async Task Probation_is_extended_by_running_calls_up_to_a_limit()
    {
        var world = await _worlds.NewOnProbationAsync();
        var call = world.Catalog.Lease("one");

        await world.ScanAsync(61);
        Assert.Equal(PluginState.Probation, world.Serving("one").State);
        await world.ScanAsync(120);
        Assert.Equal(PluginState.Active, world.Serving("one").State);
        call.Dispose();

        world.Drop("one", "newer");
        await world.SettleAsync();
        await world.ScanAsync(61);
        Assert.Equal(PluginState.Active, world.Serving("one").State);
    }

    [Fact]
    public async Task Version_live_without_a_check_is_compiled_during_the_next_scan()
    {
        var world = _worlds.New();
        world.Drop("one", "word");
        await world.StartAsync();
        Assert.False(world.Catalog.Find("one")!.IsWarm);

        await world.ScanAsync();

        await Eventually.TrueAsync(() => world.Catalog.Find("one")!.IsWarm, "the code is compiled");
    }

    [Fact]
    public async Task Hanging_check_times_out()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Probe.Check = static _ => new TaskCompletionSource<string?>().Task;
        world.Drop("one", "bad");

        await world.SettleWithRunningClockAsync();

        Assert.Equal(3, world.Probe.Checks);
        Assert.Equal("the check before going live did not finish within 60 s, 3 times in a row; make sure that none of its calls hangs", world.Status("one").Reason);
        Assert.Equal("old", world.Call("one"));
    }

    [Fact]
    public async Task Version_with_failing_calls_is_rolled_back_automatically()
    {
        var world = _worlds.New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.DropSource("one", PluginForge.WithWord("one", "bad", "if (++_calls > 5) throw new InvalidOperationException();", members: "private int _calls;"));
        await world.SettleAsync();

        var answers = Enumerable.Range(0, 12).Select(_ => world.Call("one")).ToList();

        Assert.Equal(["bad", "bad", "bad", "bad", "bad"], answers[..5]);
        Assert.All(answers[8..], a => Assert.Equal("old", a));
        await world.ScanAsync();
        Assert.Equal(PluginState.Quarantined, world.Status("one").State);
        Assert.Contains("of its latest calls failed because of errors in the plug-in itself", world.Status("one").Reason, StringComparison.Ordinal);

        world.Drop("one", "fixed");
        await world.SettleAsync();
        Assert.Equal("fixed", world.Call("one"));
    }

    [Fact]
    public async Task Newer_version_ends_the_probation_of_the_previous_one()
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
        Assert.Contains(world.Store.Versions, v => v is { State: VersionState.Proven, Version: "1.2.3" });

        await world.ScanAsync(60);
        Assert.Equal(PluginState.Active, world.Serving("one").State);

        var again = _worlds.Restart(world);
        await again.StartAsync();
        Assert.Equal("third", again.Call("one"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Quarantine_by_an_operator_rolls_back_and_lifting_it_restores_the_version(bool onProbation)
    {
        var world = await _worlds.NewOnProbationAsync();
        if (!onProbation)
            await world.ScanAsync(60);
        var known = world.Store.Versions.Single(v => v.Sha256 == world.Catalog.Find("one")!.Sha256);

        world.Store.SetState(known with { State = VersionState.Quarantined, Reason = "wrong team", By = "ann" });
        await world.ScanAsync();

        Assert.Equal("old", world.Call("one"));
        Assert.Equal("wrong team (quarantined by ann)", world.Status("one").Reason);
        world.Store.SetState(known with { State = VersionState.Unproven });
        await world.ScanAsync();
        Assert.Equal("new", world.Call("one"));
    }

    public void Dispose() => _worlds.Dispose();

    /// <summary>Compiles a plug-in and a library of the same version; a call that meets two versions fails.</summary>
    private void DropPair(int number)
    {
        var library = PluginForge.Compile(
            _worlds.Folder.At("plugins", "one", "Library.dll"), $$"""public static class Library { public static string Word() => "word {{number}}"; }""");
        const string More = "var word = Library.Word(); Thread.Yield(); if (word != Word || word != Library.Word()) throw new InvalidOperationException();";
        PluginForge.Compile(_worlds.Folder.At("plugins", "one", "Adapter.dll"), PluginForge.WithWord("one", $"word {number}", More), library);
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

    /// <summary>Makes a call that first uses the library after it was suspended.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string CallLibrary(PluginWorld world, SemaphoreSlim? inside = null, SemaphoreSlim? go = null)
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

        public DateTimeOffset FirstAttemptAt => Some.Time;

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
