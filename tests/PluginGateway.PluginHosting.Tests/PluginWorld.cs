using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Admission;
using PluginGateway.PluginHosting.Generations;
using PluginGateway.PluginHosting.Loading;
using PluginGateway.PluginHosting.Quarantine;
using PluginGateway.PluginHosting.Reloading;
using PluginGateway.PluginHosting.Signing;
using PluginGateway.PluginHosting.Staging;
using PluginGateway.Testing;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>The complete plug-in hosting on real folders with a fake clock. It can be stopped and restarted on the same folders.</summary>
internal sealed class PluginWorld : IDisposable
{
    private readonly Retirement _retirement;

    public PluginWorld(TempFolder folder, FakeVersionStore? store = null, Action<PluginOptions>? change = null)
    {
        Folder = folder;
        Store = store ?? new FakeVersionStore();
        Options = new PluginOptions { Path = folder.At("plugins") };
        change?.Invoke(Options);
        Directory.CreateDirectory(Options.Path);
        _retirement = new Retirement(Options, Statuses, Clock);
        Catalog = new PluginCatalog(Statuses, _retirement, Clock);
        var versions = new PluginVersions(Store, Clock);
        var stager = new PluginStager(folder.At("state"));
        var loads = new PluginLoads(new McMasterLoader(), Trial, versions, Options, Clock);
        var pipeline = new PluginPipeline(stager, new PluginAdmission(Options, new PluginSignatures(Options, Clock), versions, Catalog), loads, Probe, Catalog, versions, Options, Clock)
        {
            Found = (_, finding) => Findings.Add(finding.Text),
        };
        Reloader = new PluginReloader(pipeline, loads, Catalog, versions, _retirement, stager, Store, Options, Clock);
    }

    public TempFolder Folder { get; }

    public FakeTimeProvider Clock { get; } = new(Some.Time);

    public PluginOptions Options { get; }

    public FakeVersionStore Store { get; }

    public FakeProbe Probe { get; } = new();

    public FakeTrial Trial { get; } = new();

    public PluginStatuses Statuses { get; } = new();

    public PluginCatalog Catalog { get; }

    public PluginReloader Reloader { get; }

    public List<string> Findings { get; } = [];

    /// <summary>The number of unloaded generations that are still in memory.</summary>
    public int Alive => _retirement.StillInMemory;

    public Task StartAsync() => Reloader.StartAsync(Task.CompletedTask, default);

    /// <summary>Advances the clock and scans the folder.</summary>
    public Task ScanAsync(double seconds = 0)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        return Reloader.ScanAsync(default);
    }

    /// <summary>Scans twice, so that changed files are detected and then loaded as stable.</summary>
    public async Task SettleAsync()
    {
        await ScanAsync();
        await ScanAsync(0.3);
    }

    /// <summary>Like <see cref="SettleAsync"/>, but advances the clock until nothing is settling, for steps that end only by time-outs.</summary>
    public async Task SettleWithRunningClockAsync()
    {
        await ScanAsync();
        for (var i = 0; i < 60 && (i == 0 || Statuses.All.Any(s => s.State == PluginState.Settling)); i++)
        {
            var scan = ScanAsync(5);
            await Eventually.TrueAsync(
                () =>
                {
                    if (!scan.IsCompleted)
                        Clock.Advance(TimeSpan.FromSeconds(1));
                    return scan.IsCompleted;
                },
                "the scan ends");
            await scan;
        }
    }

    /// <summary>Compiles a plug-in that returns a word into the plug-ins folder.</summary>
    public string Drop(string adapter, string word, string more = "") => DropSource(adapter, PluginForge.WithWord(adapter, word, more));

    public string DropSource(string adapter, string source) => PluginForge.Compile(Folder.At("plugins", adapter, "Adapter.dll"), source);

    /// <summary>Calls the adapter and returns its word; null when it is not loaded. Records the call like the gateway.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public string? Call(string adapter)
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

    /// <summary>Returns the status of the serving generation.</summary>
    public PluginStatus Serving(string adapter) => Statuses.Find(Catalog.Find(adapter)!.Number.ToString(System.Globalization.CultureInfo.InvariantCulture))!;

    /// <summary>Collects garbage until all unloaded generations are removed from memory.</summary>
    public Task CollectAsync() => Eventually.TrueAsync(
        async () =>
        {
            await CollectOnceAsync();
            return Alive == 0;
        },
        "all unloaded generations are removed from memory");

    /// <summary>Collects garbage repeatedly, so that what remains is really referenced.</summary>
    public async Task CollectRepeatedlyAsync()
    {
        for (var i = 0; i < 12; i++)
            await CollectOnceAsync();
    }

    public void Dispose() => Catalog.Dispose();

    private Task CollectOnceAsync()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return ScanAsync();
    }
}

/// <summary>Simulates successive processes that use the same folders and version store.</summary>
internal sealed class PluginWorlds : IDisposable
{
    private readonly FakeVersionStore _store = new();
    private readonly List<PluginWorld> _worlds = [];

    public TempFolder Folder { get; } = new();

    public PluginWorld New(Action<PluginOptions>? change = null)
    {
        var world = new PluginWorld(Folder, _store, change);
        _worlds.Add(world);
        return world;
    }

    /// <summary>Starts a process whose adapter "one" serves the version "new" on probation, with "old" on standby.</summary>
    public async Task<PluginWorld> NewOnProbationAsync()
    {
        var world = New();
        world.Drop("one", "old");
        await world.StartAsync();
        world.Drop("one", "new");
        await world.SettleAsync();
        return world;
    }

    /// <summary>Simulates a crash of the process and the start of another one on the same folders.</summary>
    /// <param name="world">The crashed process.</param>
    /// <param name="change">Changes the settings of the new process.</param>
    /// <param name="detected">Whether the new process can detect the crash immediately; on another machine this takes a while.</param>
    public PluginWorld Restart(PluginWorld world, Action<PluginOptions>? change = null, bool detected = true)
    {
        if (detected)
            _store.Gone.Add(_store.Node);
        _store.Node = $"process {_worlds.Count + 1}";
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
    /// <summary>Returns the problem found by the check of a generation; null by default.</summary>
    public Func<PluginGeneration, Task<string?>> Check { get; set; } = static _ => Task.FromResult<string?>(null);

    public int Checks { get; private set; }

    public async Task<ProbeProblem?> FindProblemAsync(PluginGeneration next, PluginGeneration now, CancellationToken ct)
    {
        Checks++;
        return await Check(next) is { } problem ? new ProbeProblem(problem) : null;
    }
}

internal sealed class FakeTrial : IPluginTrial
{
    /// <summary>Returns the result for an adapter.</summary>
    public Func<string, TrialResult> Result { get; set; } = static _ => new TrialResult(TrialOutcome.Survived, "");

    /// <summary>The adapters that were tried.</summary>
    public List<string> Tried { get; } = [];

    public Task<TrialResult> RunAsync(string adapterName, string folder, CancellationToken ct)
    {
        Tried.Add(adapterName);
        return Task.FromResult(Result(adapterName));
    }
}
