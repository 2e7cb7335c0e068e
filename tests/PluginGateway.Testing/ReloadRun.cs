using System.Diagnostics;
using System.Text;
using PluginGateway.PluginHosting;

namespace PluginGateway.Testing;

/// <summary>
/// A gateway in this process whose plug-in is replaced again and again while clients post reports that wait for the plug-in's answer. Used
/// by a test, which looks at what must hold, and by the benchmarks, which print the rest.
/// </summary>
internal sealed class ReloadRun : IAsyncDisposable
{
    private const string Adapter = "swap";
    private const string FirstWord = "word-0000";
    private const int Settled = 20;

    private readonly GatewayApp _gateway;
    private readonly TempFolder _folder = new();
    private readonly byte[] _plugin;
    private int _version;

    public ReloadRun(params string[] settings)
    {
        _gateway = new GatewayApp(["--Plugins:Probation=00:00:10", .. settings]);
        var source = PluginForge.Plugin(
            Adapter,
            $$"""
            private static readonly string Word = "{{FirstWord}}";
            private static int s_number;
            public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) =>
                Task.FromResult<IReadOnlyList<Service>>(new[] { new Service { Code = "BIN", Name = "Missed bin" } });
            public Task CheckAsync(CancellationToken ct) => Task.CompletedTask;
            public RequestPlan Plan(ServiceRequest request) => new RequestPlan { Facts = new Dictionary<string, string> { ["word"] = Word } };
            public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
            {
                await attempt.MarkCommittingAsync(ct);
                // No wait of the test's: this is a council's system that takes five seconds.
                if (request.Description == "slow")
                    await Task.Delay(5_000, ct);
                return new Submission { BackEndId = Word + "-" + Interlocked.Increment(ref s_number) + "-" + Environment.TickCount64 };
            }
            """,
            "IServiceCatalogue, IRequestPlanner, IRequestSender, IConnectionCheck");
        _plugin = File.ReadAllBytes(PluginForge.Compile(_folder.At("Swap.dll"), source));
        _gateway.Council("swap", $$"""
            { "jurisdictionId": "swap", "name": "Swap", "mode": "direct", "backends": { "swap": { "adapter": "{{Adapter}}", "settings": {} } } }
            """);
    }

    public GatewayApp Gateway => _gateway;

    /// <summary>The word that the version dropped last puts into its ids.</summary>
    public string Word { get; private set; } = FirstWord;

    public int Requests { get; private set; }

    public List<string> Failures { get; } = [];

    /// <summary>From the last byte copied to the new version serving.</summary>
    public List<TimeSpan> Times { get; } = [];

    public long HeapThen { get; private set; }

    public long HeapNow { get; private set; }

    public long ResidentThen { get; private set; }

    public long ResidentNow { get; private set; }

    public static int CollectibleAssemblies => AppDomain.CurrentDomain.GetAssemblies().Count(a => a.IsCollectible);

    public async Task StartAsync()
    {
        Drop();
        await _gateway.StartAsync();
    }

    /// <summary>Replaces the plug-in so often, with so many clients posting.</summary>
    public async Task RunAsync(int reloads, int connections)
    {
        using var stop = new CancellationTokenSource();
        using var places = new SemaphoreSlim(connections);
        var clients = Enumerable.Range(0, connections).Select(_ => Task.Run(() => PostAsync(places, stop.Token))).ToList();
        for (var i = 1; i <= reloads; i++)
        {
            await ReplaceAsync();
            if (i == Settled)
                (HeapThen, ResidentThen) = await MeasureAsync(places, connections);
        }

        (HeapNow, ResidentNow) = await MeasureAsync(places, connections);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
    }

    /// <summary>Drops a new version and waits until it serves.</summary>
    public async Task ReplaceAsync()
    {
        var catalog = _gateway.Get<PluginCatalog>();
        var before = catalog.Find(Adapter)!.Number;
        Drop();
        var dropped = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync(() => catalog.Find(Adapter)!.Number != before, "the new version serves");
        Times.Add(Stopwatch.GetElapsedTime(dropped));
    }

    /// <summary>Collects until what can go is gone.</summary>
    public async Task CollectAsync()
    {
        await Eventually.TrueAsync(
            () => !_gateway.Get<PluginStatuses>().All.Any(s => s.State is PluginState.Standby or PluginState.Draining), "the old versions are let go");
        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !_gateway.Get<PluginStatuses>().All.Any(s => s.State is PluginState.Unloading or PluginState.Leaked);
            },
            "the old versions leave the memory");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    private async Task PostAsync(SemaphoreSlim places, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await places.WaitAsync(CancellationToken.None);
            WireAnswer answer;
            try
            {
                answer = await _gateway.PostAsync("swap", Some.Report());
            }
            finally
            {
                places.Release();
            }

            lock (Failures)
            {
                Requests++;
                // An answer with the gateway's own id would mean that the adapter's did not come in time.
                if (answer.Status != System.Net.HttpStatusCode.OK || !answer.Id.StartsWith("word-", StringComparison.Ordinal))
                    Failures.Add($"{answer.Status}: {answer.Body}");
            }
        }
    }

    /// <summary>Other bytes of the same length: only the word is another one.</summary>
    private void Drop()
    {
        Word = $"word-{_version++:0000}";
        var bytes = _plugin.ToArray();
        Encoding.Unicode.GetBytes(Word, bytes.AsSpan(_plugin.AsSpan().IndexOf(Encoding.Unicode.GetBytes(FirstWord))));
        Directory.CreateDirectory(Path.Combine(_gateway.Plugins, Adapter));
        File.WriteAllBytes(Path.Combine(_gateway.Plugins, Adapter, "Swap.dll"), bytes);
    }

    /// <summary>Measures while no report is on its way: what is in use for an instant is nobody's leak.</summary>
    private static async Task<(long Heap, long Resident)> MeasureAsync(SemaphoreSlim places, int connections)
    {
        for (var i = 0; i < connections; i++)
            await places.WaitAsync();
        for (var i = 0; i < 5; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        var measured = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
        places.Release(connections);
        return measured;
    }
}
