using System.Collections.Concurrent;
using System.Globalization;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Two gateways on one SQLite file, and a third that is killed in the middle of sending: each report is delivered once. 2,000 reports here;
/// with <c>GATEWAY_REPORTS=20000</c> as many as that.
/// </summary>
public sealed class SeveralProcessesTests : IAsyncLifetime
{
    private const int Connections = 9;

    private readonly int _reports = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_REPORTS"), CultureInfo.InvariantCulture, out var asked) ? asked : 2_000;
    private readonly TempFolder _folder = new();
    private StubOpen311 _council = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _council.RefusesDoubles = true;
        Built.Drop("Open311", _folder.At("plugins"));
    }

    public async ValueTask DisposeAsync()
    {
        await _council.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Each_report_is_delivered_once()
    {
        _folder.Write("councils/c.json", Some.Open311Council("c", _council.Endpoint, backEndMore: "\"repeat\": \"reports\", \"limit\": 8,").Replace("direct", "queued", StringComparison.Ordinal));
        var key = (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a test"])).Output.Trim();
        var processes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => GatewayProcess.StartAsync(Settings())));
        var ids = new ConcurrentDictionary<int, string>();
        var next = -1;
        var clients = Enumerable.Range(0, Connections).Select(n => Task.Run(async () =>
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
            int number;
            while ((number = Interlocked.Increment(ref next)) < _reports)
                ids[number] = await PostAsync(http, processes, n, key, number);
        })).ToArray();

        await Eventually.TrueAsync(() => ids.Count > _reports / 10 && _council.Cases > 10, "the work is under way");
        await processes[2].KillAsync();
        await Task.WhenAll(clients);

        var database = TestStore.Open(_folder.At("state"));
        var left = long.MaxValue;
        while (left > 0)
        {
            var before = left;
            // As long as it goes on: a big run takes longer than any one wait.
            await Eventually.TrueAsync(async () => (left = await database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2"), default)) < before, $"fewer than {before} left");
        }

        Assert.Equal(_reports, ids.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(_reports, _council.Cases);
        // Only what the killed one had out was sent a second time, and recognised.
        Assert.InRange(_council.Posts.Count, _reports, _reports + 8);
        foreach (var process in processes)
            await process.DisposeAsync();
    }

    private static async Task<string> PostAsync(HttpClient http, GatewayProcess[] processes, int connection, string key, int number)
    {
        for (var i = connection; ; i++)
            try
            {
                using var form = new FormUrlEncodedContent(
                    Some.Report(reference: $"{number}").Concat([("api_key", key), ("jurisdiction_id", "c")]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
                using var response = await http.PostAsync(new Uri(processes[i % processes.Length].Address, "/open311/v2/requests.xml"), form);
                if (response.IsSuccessStatusCode)
                    return (await WireAnswer.ReadAsync(response)).Id;
            }
            catch (HttpRequestException)
            {
                // The killed one: the next takes it.
            }
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}", $"--Plugins:Path={_folder.At("plugins")}",
        "--Sending:LeaseRenewal=00:00:01", "--Logging:LogLevel:PluginGateway=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];
}
