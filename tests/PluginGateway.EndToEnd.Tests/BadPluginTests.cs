using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PluginGateway.Core.Plugins;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests faulty plug-ins in a complete gateway: calls that never end, and versions that crash the process.</summary>
public sealed class BadPluginTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Hanging_call_blocks_neither_the_next_version_nor_the_shutdown()
    {
        await using var gateway = new GatewayApp(
            "--Plugins:Settle=00:00:00.05", "--Plugins:Every=00:00:00.1", "--Plugins:Probation=00:00:00.2", "--Plugins:Drain=00:00:00.2",
            "--Sending:Drain=00:00:01", "--Sending:Lease=00:00:02", "--Sending:LeaseRenewal=00:00:00.5");
        gateway.Council("c", Council);
        Drop(gateway.Plugins, "hangs", "return await new TaskCompletionSource<Submission>().Task;");
        await gateway.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync("c", Some.Report())).Status);
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE committing > 0") == 1, "the call is running");

        Drop(gateway.Plugins, "fixed", "return new Submission { BackEndId = \"1\" };");
        await Eventually.TrueAsync(
            () => gateway.Get<PluginStatuses>().All.Any(s => s is { Version: "hangs", State: PluginState.Abandoned }), "the old version is reported");
        Assert.Equal("fixed", gateway.Get<PluginCatalog>().Find("bad")!.Version);
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync("c", Some.Report())).Status);
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 1, "the next report is sent");

        await gateway.StopAsync().WaitAsync(Deadline);
        await gateway.StartAsync();

        // The report may have been delivered, so it is not resent automatically.
        await Eventually.TrueAsync(
            async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE may_have_been_delivered = 1 AND state <> 2") == 1,
            "the report is marked as possibly delivered");
        Assert.Equal(1, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2"));
    }

    [Fact]
    public async Task Regular_shutdown_ends_probations()
    {
        await using var gateway = new GatewayApp("--Plugins:Settle=00:00:00.05", "--Plugins:Every=00:00:00.1");
        Drop(gateway.Plugins, "old", "return null;");
        await gateway.StartAsync();
        Drop(gateway.Plugins, "new", "return null;");
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM plugin_probation") == 1, "the new version is on probation");

        // The time allowed for the shutdown is already over.
        await gateway.Services.GetServices<IHostedService>().OfType<PluginWatching>().Single().StoppingAsync(new CancellationToken(canceled: true));

        Assert.Equal(0, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM plugin_probation"));
    }

    [Fact]
    public async Task Exception_types_of_a_plug_in_do_not_keep_it_in_memory()
    {
        await using var gateway = new GatewayApp("--Plugins:Settle=00:00:00.05", "--Plugins:Every=00:00:00.1", "--Plugins:Probation=00:00:00.2");
        gateway.Council("c", Council);
        Drop(gateway.Plugins, "throws", "throw new Own(this);", "private sealed class Own(object who) : Exception(\"own\") { public object Who { get; } = "
            + "who; }");
        await gateway.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await gateway.PostAsync("c", Some.Report())).Status);
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt WHERE ended > 0") > 0, "the attempt has failed");

        Drop(gateway.Plugins, "fixed", "return null;");
        var statuses = gateway.Get<PluginStatuses>();
        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return statuses.All.Any(s => s.Version == "fixed") && statuses.All.All(s => s.Version != "throws");
            },
            "the old version is unloaded");
    }

    [Fact]
    public async Task Gateway_restarts_with_the_last_proven_version_after_two_crashes()
    {
        _folder.Write("councils/c.json", Council);
        Drop(_folder.At("plugins"), "good", "return new Submission { BackEndId = \"good\" };");
        string key;
        await using (var gateway = await StartAsync())
        {
            // A fault that no check detects: the version crashes the process with its first report.
            Drop(_folder.At("plugins"), "fatal", "System.Diagnostics.Process.GetCurrentProcess().Kill(); return null;");
            await Eventually.TrueAsync(() => gateway.Output.Contains("Adapter bad fatal is active", StringComparison.Ordinal), "the new version is serving");
            key = (await RunAsync("key", "create", "--client", "a test")).Output.Trim();
            await Assert.ThrowsAnyAsync<HttpRequestException>(async () => await PostUntilCrashAsync(gateway, key));
        }

        // The first crash may have had another cause, so the version gets another chance.
        await using (var gateway = await StartAsync())
        {
            Assert.Contains("Adapter bad good is active", gateway.Output, StringComparison.Ordinal);
            await Eventually.TrueAsync(() => gateway.Output.Contains("Adapter bad fatal is active", StringComparison.Ordinal), "the new version is serving");
            await Assert.ThrowsAnyAsync<HttpRequestException>(async () => await PostUntilCrashAsync(gateway, key));
        }

        await using var again = await StartAsync();

        Assert.Contains("Adapter bad good is active", again.Output, StringComparison.Ordinal);
        var shown = await RunAsync("plugin", "show", "bad");
        Assert.Matches("fatal +[0-9a-f]{12} +quarantined .*gateway +the gateway process exited unexpectedly twice while this version was on probation", shown.Output);
        Assert.Matches("good +[0-9a-f]{12} +proven ", shown.Output);
    }

    public void Dispose() => _folder.Dispose();

    private const string Council = """{ "jurisdictionId": "c", "name": "C", "mode": "queued", "backends": { "b": { "adapter": "bad", "settings": {} } } }""";

    private static void Drop(string plugins, string version, string submit, string members = "") => PluginForge.Compile(
        Path.Combine(plugins, "bad", "Bad.dll"),
        PluginForge.Plugin(
            "bad",
            $$"""
            public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) =>
                Task.FromResult<IReadOnlyList<Service>>(new[] { new Service { Code = "BIN", Name = "Missed bin" } });
            public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
            {
                await attempt.MarkCommittingAsync(ct);
                {{submit}}
            }
            {{members}}
            """,
            "IServiceCatalogue, IRequestSender").Replace("1.2.3+build.7", version, StringComparison.Ordinal));

    private static async Task PostUntilCrashAsync(GatewayProcess gateway, string key)
    {
        using var http = new HttpClient { Timeout = Deadline };
        using var between = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var i = 0; i < 100; i++)
        {
            using var form = new FormUrlEncodedContent(
                Some.Report().Concat([("api_key", key), ("jurisdiction_id", "c")]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
            using var response = await http.PostAsync(new Uri(gateway.Address, "/open311/v2/requests.xml"), form);
            await between.WaitForNextTickAsync();
        }
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
        $"--Email:PickupPath={_folder.At("pickup")}", "--Plugins:Settle=00:00:00.05", "--Plugins:Every=00:00:00.1",
    ];

    private Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(Settings());

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => GatewayProcess.RunAsync([.. Settings(), .. command]);
}
