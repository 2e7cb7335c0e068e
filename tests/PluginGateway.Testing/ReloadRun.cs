using System.Diagnostics;
using System.Text;
using PluginGateway.PluginHosting;

namespace PluginGateway.Testing;

/// <summary>
/// A gateway in this process whose plug-in is replaced repeatedly while clients post reports that wait for the plug-in's answer. A test
/// checks the invariants; the benchmarks print the measurements.
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
                // Simulates a council's system that needs five seconds.
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

    /// <summary>The prefix of the ids that the latest version returns.</summary>
    public string Word { get; private set; } = FirstWord;

    public int Requests { get; private set; }

    public List<string> Failures { get; } = [];

    /// <summary>The times from copying the last byte of a version until it serves.</summary>
    public List<TimeSpan> Times { get; } = [];

    public long HeapBefore { get; private set; }

    public long HeapAfter { get; private set; }

    public long ResidentBefore { get; private set; }

    public long ResidentAfter { get; private set; }

    public static int CollectibleAssemblies => AppDomain.CurrentDomain.GetAssemblies().Count(a => a.IsCollectible);

    public async Task StartAsync()
    {
        Drop();
        await _gateway.StartAsync();
    }

    /// <summary>Replaces the plug-in <paramref name="reloads"/> times while <paramref name="connections"/> clients post reports.</summary>
    public async Task RunAsync(int reloads, int connections)
    {
        using var stop = new CancellationTokenSource();
        using var places = new SemaphoreSlim(connections);
        var clients = Enumerable.Range(0, connections).Select(_ => Task.Run(() => PostAsync(places, stop.Token))).ToList();
        for (var i = 1; i <= reloads; i++)
        {
            await ReplaceAsync();
            if (i == Settled)
                (HeapBefore, ResidentBefore) = await MeasureAsync(places, connections);
        }

        (HeapAfter, ResidentAfter) = await MeasureAsync(places, connections);
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
        await Eventually.TrueAsync(() => catalog.Find(Adapter)!.Number != before, "the new version is serving");
        Times.Add(Stopwatch.GetElapsedTime(dropped));
    }

    /// <summary>Collects garbage until all old versions are unloaded.</summary>
    public async Task CollectAsync()
    {
        await Eventually.TrueAsync(
            () => !_gateway.Get<PluginStatuses>().All.Any(s => s.State is PluginState.Standby or PluginState.Draining),
            "the old versions are no longer on standby or draining");
        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return !_gateway.Get<PluginStatuses>().All.Any(s => s.State is PluginState.Unloading or PluginState.Leaked);
            },
            "the old versions are unloaded");
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
            HttpReply answer;
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
                // An answer with an id of the gateway means that the adapter did not answer in time.
                if (answer.Status != System.Net.HttpStatusCode.OK || !answer.Id.StartsWith("word-", StringComparison.Ordinal))
                    Failures.Add($"{answer.Status}: {answer.Body}");
            }
        }
    }

    /// <summary>Writes the same assembly with another word of the same length.</summary>
    private void Drop()
    {
        Word = $"word-{_version++:0000}";
        var bytes = _plugin.ToArray();
        Encoding.Unicode.GetBytes(Word, bytes.AsSpan(_plugin.AsSpan().IndexOf(Encoding.Unicode.GetBytes(FirstWord))));
        Directory.CreateDirectory(Path.Combine(_gateway.Plugins, Adapter));
        File.WriteAllBytes(Path.Combine(_gateway.Plugins, Adapter, "Swap.dll"), bytes);
    }

    /// <summary>Measures while no report is being processed, so that memory in temporary use is not counted.</summary>
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
