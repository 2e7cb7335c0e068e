using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Reloading;
using PluginGateway.PluginHosting.Staging;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>The whole machine on real folders and a clock that moves when told to. It can be ended and begun again on the same folders.</summary>
internal sealed class PluginWorld : IDisposable
{
    private readonly Retirement _retirement;

    public PluginWorld(TempFolder folder, FakeMemory? memory = null, Action<PluginOptions>? change = null)
    {
        Folder = folder;
        Memory = memory ?? new FakeMemory();
        Options = new PluginOptions { Path = folder.At("plugins") };
        change?.Invoke(Options);
        Directory.CreateDirectory(Options.Path);
        _retirement = new Retirement(Options, Statuses, Clock);
        Catalog = new PluginCatalog(Statuses, _retirement, Clock);
        var versions = new PluginVersions(Memory, Clock);
        var stager = new PluginStager(folder.At("state"));
        var pipeline = new PluginPipeline(
            stager, new PluginAdmission(Options, versions, Catalog), new McMasterLoader(), Probe, Catalog, versions, Options, Clock)
        {
            Found = (_, finding) => Findings.Add(finding.Text),
        };
        Reloader = new PluginReloader(pipeline, Catalog, versions, _retirement, stager, Memory, Options, Clock);
    }

    public TempFolder Folder { get; }

    public FakeTimeProvider Clock { get; } = new(Some.Time);

    public PluginOptions Options { get; }

    public FakeMemory Memory { get; }

    public FakeProbe Probe { get; } = new();

    public PluginStatuses Statuses { get; } = new();

    public PluginCatalog Catalog { get; }

    public PluginReloader Reloader { get; }

    public List<string> Findings { get; } = [];

    /// <summary>Generations that were unloaded and are still in memory.</summary>
    public int Alive => _retirement.Alive;

    public Task StartAsync() => Reloader.StartAsync(Task.CompletedTask, default);

    /// <summary>Lets time pass and looks.</summary>
    public Task LookAsync(double seconds = 0)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        return Reloader.ScanAsync(default);
    }

    /// <summary>Sees what changed, and takes it once it is still.</summary>
    public async Task SettleAsync()
    {
        await LookAsync();
        await LookAsync(0.3);
    }

    /// <summary>The same while time passes, for what does not end by itself.</summary>
    public async Task SettleWhileTimePassesAsync()
    {
        await LookAsync();
        var look = LookAsync(0.3);
        await Eventually.TrueAsync(
            () =>
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
                return look.IsCompleted;
            },
            "the look ends");
        await look;
    }

    /// <summary>Drops a plug-in that says a word.</summary>
    public string Drop(string adapter, string word, string more = "") => DropSource(adapter, PluginForge.Saying(adapter, word, more));

    public string DropSource(string adapter, string source) => PluginForge.Compile(Folder.At("plugins", adapter, "Adapter.dll"), source);

    /// <summary>What the adapter says now; null when it is not there. The call is noted like the gateway's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public string? Ask(string adapter)
    {
        using var lease = Catalog.Lease(adapter);
        if (!lease.IsHeld)
            return null;

        try
        {
            var planner =
                (IRequestPlanner)lease.Generation.Adapter(
                    "council/backend", "1", 0, static (_, unloading) => Context.With("{}") with { Unloading = unloading });
            var word = planner.Plan(Some.Request()).Facts["word"];
            Catalog.NoteCall(lease.Generation, fault: false);
            return word;
        }
        catch (Exception e) when (e is InvalidOperationException or NullReferenceException)
        {
            Catalog.NoteCall(lease.Generation, fault: true);
            return e.GetType().Name;
        }
    }

    public PluginStatus Status(string name) => Statuses.Find(Folder.At("plugins", name))!;

    /// <summary>The status of what serves.</summary>
    public PluginStatus Serving(string adapter) => Statuses.Find(Catalog.Find(adapter)!.Number.ToString(System.Globalization.CultureInfo.InvariantCulture))!;

    /// <summary>Collects until everything that was unloaded is gone.</summary>
    public Task CollectAsync() => Eventually.TrueAsync(
        async () =>
        {
            await CollectOnceAsync();
            return Alive == 0;
        },
        "everything that was unloaded leaves the memory");

    /// <summary>Collects until what is still there surely stays.</summary>
    public async Task CollectWhatCanBeAsync()
    {
        for (var i = 0; i < 12; i++)
            await CollectOnceAsync();
    }

    public void Dispose() => Catalog.Dispose();

    private Task CollectOnceAsync()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return LookAsync();
    }
}

/// <summary>The processes that use the same folders and the same memory, one after the other.</summary>
internal sealed class PluginWorlds : IDisposable
{
    private readonly FakeMemory _memory = new();
    private readonly List<PluginWorld> _worlds = [];

    public TempFolder Folder { get; } = new();

    public PluginWorld New(Action<PluginOptions>? change = null)
    {
        var world = new PluginWorld(Folder, _memory, change);
        _worlds.Add(world);
        return world;
    }

    /// <summary>A process whose adapter "one" serves with "new", on probation, while "old" stands by.</summary>
    public async Task<PluginWorld> NewOnProbationAsync()
    {
        var world = New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Drop("one", "new");
        await world.SettleAsync();
        return world;
    }

    /// <summary>The process is gone without a word, and another one begins on its folders.</summary>
    /// <param name="world">What went.</param>
    /// <param name="change">How the next one's settings differ.</param>
    /// <param name="known">Whether the next one can tell that it is gone: on another machine it takes a while.</param>
    public PluginWorld Restart(PluginWorld world, Action<PluginOptions>? change = null, bool known = true)
    {
        if (known)
            _memory.Gone.Add(_memory.Node);
        _memory.Node = $"process {_worlds.Count + 1}";
        world.Dispose();
        return New(change);
    }

    public void Dispose()
    {
        foreach (var world in _worlds)
            world.Dispose();
        Folder.Dispose();
    }
}

internal sealed class FakeProbe : IPluginProbe
{
    /// <summary>What a try of the generation finds; nothing unless told.</summary>
    public Func<PluginGeneration, Task<string?>> Try { get; set; } = static _ => Task.FromResult<string?>(null);

    public int Tries { get; private set; }

    public Task<string?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct)
    {
        Tries++;
        return Try(next);
    }
}
