using System.Net;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests the plug-ins of a running gateway: adding, checking against their back ends, replacing, rolling back, removing, and the plug-in
/// commands.
/// </summary>
public sealed class PluginTests : IAsyncLifetime
{
    private const string Services =
        "public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<Service>>(new[] { new Service { Code "
            + "= \"BIN\", Name = \"Missed bin\" } });";

    private readonly GatewayApp _gateway = new("--Plugins:Settle=00:00:00.05", "--Plugins:RemoveAfter=00:00:00.3", "--Plugins:Every=00:00:00.1");

    public async ValueTask InitializeAsync()
    {
        _gateway.Council("c", """{ "jurisdictionId": "c", "name": "C", "mode": "queued", "backends": { "b": { "adapter": "one", "settings": {} } } }""");
        await _gateway.StartAsync();
    }

    [Fact]
    public async Task Added_plug_in_delivers_waiting_reports_and_after_removal_reports_wait_again()
    {
        Assert.DoesNotContain("BIN", (await _gateway.GetAsync("services.xml?jurisdiction_id=c")).Body, StringComparison.Ordinal);

        Drop("1", Services);
        await ServicesAsync("BIN");
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("c", Some.Report())).Status);
        await SentAsync(1);

        Directory.Delete(Path.Combine(_gateway.Plugins, "one"), recursive: true);
        await Eventually.TrueAsync(() => _gateway.Get<PluginCatalog>().Find("one") is null, "the plug-in is removed");
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("c", Some.Report())).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync("services.xml?jurisdiction_id=c")).Status);

        Drop("2", Services);
        await SentAsync(2);
    }

    [Theory]
    [InlineData("the adapter failed: InvalidOperationException: no", "throw new InvalidOperationException(\"no\");", Services)]
    [InlineData("its service list is null", "", "public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) => "
        + "Task.FromResult<IReadOnlyList<Service>>(null);")]
    [InlineData(
        "it returns no services, but the version that serves now returns 1", "",
        "public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) => "
            + "Task.FromResult<IReadOnlyList<Service>>(new Service[0]);")]
    [InlineData(
        "it returns no services, but the version that serves now returns 1", "",
        "public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<Service>>(new[] { new Service { Code "
            + "= \"\", Name = \"A\" } });")]
    [InlineData(
        "the service list has 1000000 services; the maximum is 10000", "",
        "public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<Service>>(Enumerable.Range(0, "
            + "1_000_000).Select(i => new Service { Code = i.ToString(), Name = \"S\" }).ToArray());")]
    [InlineData(
        "its services cannot be read: NullReferenceException", "",
        "public Task<IReadOnlyList<Service>> GetServicesAsync(CancellationToken ct) => throw new NullReferenceException();")]
    public async Task Version_that_fails_the_checks_is_quarantined(string reason, string inConstructor, string services)
    {
        Drop("1", Services);
        await ServicesAsync("BIN");

        Drop("2", services, inConstructor);

        var status =
            await Eventually.GetAsync(
                () => _gateway.Get<PluginStatuses>().All.FirstOrDefault(s => s.State == PluginState.Quarantined), "the version is quarantined");
        Assert.Contains(reason, status.Reason, StringComparison.Ordinal);
        Assert.Equal("1", _gateway.Get<PluginCatalog>().Find("one")!.Version);
        await ServicesAsync("BIN");
    }

    [Fact]
    public async Task Commands_list_show_roll_back_and_quarantine_plug_ins()
    {
        Drop("1", Services);
        await ServicesAsync("BIN");
        Drop("2", Services);
        await ServesAsync("2");

        var list = await RunAsync("plugin", "list");
        Assert.Equal(0, list.ExitCode);
        Assert.Matches(@"one +2 +\d+ +probation ", list.Output);
        Assert.Matches(@"one +1 +\d+ +standby ", list.Output);
        Assert.Matches(@"email +\d+ +built in ", list.Output);

        var back = await RunAsync("plugin", "rollback", "one", "--reason", "wrong team", "--by", "ann");
        Assert.StartsWith("one: rolled back from 2 (", back.Output, StringComparison.Ordinal);
        await ServesAsync("1");
        var shown = await RunAsync("plugin", "show", "one");
        Assert.Matches(@"2 +[0-9a-f]{12} +quarantined .*ann +wrong team", shown.Output);
        Assert.Matches(@"1 +[0-9a-f]{12} +proven ", shown.Output);
        Assert.Contains("quarantined", (await RunAsync("plugin", "show", "one", "--json")).Output, StringComparison.Ordinal);

        Assert.Contains("has no other proven version", (await RunAsync("plugin", "rollback", "one", "--reason", "more")).Errors, StringComparison.Ordinal);
        var sha = _gateway.Get<PluginStatuses>().All.Single(s => s.State == PluginState.Quarantined).Sha256!;
        Assert.Equal(0, (await RunAsync("plugin", "quarantine", "one", sha[..8], "--lift", "--reason", "fixed")).ExitCode);
        await ServesAsync("2");
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM audit WHERE action LIKE 'plugin%' AND subject LIKE 'one %'"));

        Assert.Equal(1, (await RunAsync("plugin", "show", "other")).ExitCode);
        Assert.Equal(2, (await RunAsync("plugin", "rollback", "one")).ExitCode);
    }

    [Theory]
    [InlineData("--Plugins:Watch=false", "--Plugins:Every=00:00:00.2")]
    [InlineData("--Plugins:Watch=true", "--Plugins:Every=01:00:00")]
    public async Task New_version_is_detected_by_polling_and_by_watching(string watch, string every)
    {
        await _gateway.StopAsync();
        await using var gateway = new GatewayApp("--Plugins:Settle=00:00:00.05", watch, every);
        Drop("1", Services, gateway: gateway);
        await gateway.StartAsync();

        // Repeated, because the first copy may precede the start of the watcher.
        var polls = 0;
        await Eventually.TrueAsync(
            () =>
            {
                if (polls++ % 100 == 0)
                    Drop("2", Services, gateway: gateway);
                return gateway.Get<PluginCatalog>().Find("one")?.Version == "2";
            },
            "the new version is serving");
    }

    [Fact]
    public async Task Health_reports_a_faulty_plug_in()
    {
        var ready = new Uri(_gateway.Address, "/health/ready");
        Assert.StartsWith("ready, degraded: no plug-in serves adapter one of ", await _gateway.Http.GetStringAsync(ready), StringComparison.Ordinal);
        Drop("1", Services);
        await ServesAsync("1");
        await Eventually.TrueAsync(async () => await _gateway.Http.GetStringAsync(ready) == "ready", "the council can be served");

        await File.WriteAllTextAsync(Path.Combine(_gateway.Plugins, "Bad.dll"), "no assembly");

        await Eventually.TrueAsync(async () => await _gateway.Http.GetStringAsync(ready) == "ready, degraded: plug-ins: 1 refused", "health is degraded");
    }

    [Fact]
    public async Task Failed_staging_keeps_the_old_version_and_is_reported_by_health()
    {
        Drop("1", Services);
        await ServesAsync("1");
        // Files can no longer be created in the folder, even by root. A full disk causes the same kind of error.
        Directory.Delete(Path.Combine(_gateway.State, "plugins"), recursive: true);
        await File.WriteAllTextAsync(Path.Combine(_gateway.State, "plugins"), "");

        Drop("2", Services);

        var ready = new Uri(_gateway.Address, "/health/ready");
        await Eventually.TrueAsync(async () => await _gateway.Http.GetStringAsync(ready) == "ready, degraded: plug-ins: 1 refused", "health is degraded");
        Assert.Contains(
            "its files cannot be copied", _gateway.Get<PluginStatuses>().All.Single(s => s.State == PluginState.Refused).Reason, StringComparison.Ordinal);
        await ServesAsync("1");
        await ServicesAsync("BIN");
    }

    [Fact]
    public async Task Rollback_requires_a_version_while_gateways_serve_different_ones()
    {
        Drop("1", Services);
        await ServesAsync("1");
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM plugin_generation WHERE adapter = 'one'") == 1, "the generation is recorded");
        var now = DateTimeOffset.UnixEpoch.AddYears(100).ToUnixTimeMilliseconds();
        await _gateway.Get<IDatabase>().WriteAsync(
            async db =>
            {
                await db.ExecuteAsync("INSERT INTO node (id, heartbeat, version) VALUES ('elsewhere/1/1', @now, '1')", new { now });
                await db.ExecuteAsync(
                    """
                    INSERT INTO plugin_version (adapter, sha256, version, path, state, reason, by_whom, at) VALUES ('one', 'abababababababab', '2', '', 2, '', 'gateway', @now);
                    INSERT INTO plugin_generation (node, line, path, adapter, version, sha256, generation, state, reason, since)
                    SELECT 'elsewhere/1/1', line, path, adapter, '2', 'abababababababab', generation, state, reason, since FROM plugin_generation WHERE adapter = 'one'
                    """,
                    new { now });
                return 0;
            },
            default);

        var back = await RunAsync("plugin", "rollback", "one", "--reason", "wrong team");
        Assert.Equal(1, back.ExitCode);
        Assert.Matches(
            @"^Hosts serve different versions of one: 2 \(abababababab\), 1 \([0-9a-f]{12}\)\. Choose the one to quarantine: plugin quarantine one <sha256>",
            back.Errors);
        Assert.Equal(1, (await RunAsync("plugin", "quarantine", "one", "--reason", "wrong team")).ExitCode);
        Assert.Equal(0, (await RunAsync("plugin", "quarantine", "one", "abab", "--reason", "wrong team")).ExitCode);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private void Drop(string version, string services, string inConstructor = "", GatewayApp? gateway = null)
    {
        const string Submit =
            "public Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct) => Task.FromResult(new Submission { "
                + "BackEndId = Guid.NewGuid().ToString() });";
        var source = PluginForge.Plugin("one", services + Submit, "IServiceCatalogue, IRequestSender")
            .Replace("1.2.3+build.7", version, StringComparison.Ordinal)
            .Replace("=> _context = context;", $"{{ _context = context; {inConstructor} }}", StringComparison.Ordinal);
        PluginForge.Compile(Path.Combine((gateway ?? _gateway).Plugins, "one", "One.dll"), source);
    }

    private Task ServicesAsync(string code) => Eventually.TrueAsync(
        async () => (await _gateway.GetAsync("services.xml?jurisdiction_id=c")).Body.Contains(
            $"<service_code>{code}</service_code>", StringComparison.Ordinal), "the services are published");

    private Task ServesAsync(string version) =>
        Eventually.TrueAsync(() => _gateway.Get<PluginCatalog>().Find("one")?.Version == version, $"version {version} is serving");

    private Task SentAsync(int count) => Eventually.TrueAsync(
        async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == count, $"{count} reports are sent");

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) =>
        GatewayProcess.RunAsync([$"--State:Path={_gateway.State}", $"--Plugins:Path={_gateway.Plugins}", .. command]);
}
