using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that a database server whose port closes again and again under load never ends the gateway's process.</summary>
public sealed class ClosedPortTests : IAsyncLifetime
{
    private const int Connections = 16;
    private const int Outages = 3;

    private readonly TempFolder _folder = new();
    private readonly SqlServerDouble _server = new();
    private GatewayProcess _gateway = null!;
    private IDatabase _database = null!;
    private string _key = "";

    public async ValueTask InitializeAsync()
    {
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail"));
        var connection = TestStore.Create(_server.ConnectionString);
        _database = TestStore.OpenAt(connection);
        string[] settings =
        [
            $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
            $"--Plugins:Path={_folder.At("plugins")}", "--Sending:Lease=00:00:03", "--Sending:LeaseRenewal=00:00:00.5", "--Sending:Poll=00:00:00.1",
            "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information", .. TestStore.SettingsFor(connection),
        ];
        _key = (await GatewayProcess.RunAsync(["key", "create", "--client", "a test", .. settings])).Output.Trim();
        _gateway = await GatewayProcess.StartAsync(settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Port_that_closes_under_load_never_ends_the_process()
    {
        var (next, refused, accepted) = (0, 0, new ConcurrentDictionary<int, string>());
        var unexpected = new ConcurrentQueue<HttpStatusCode>();
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var http = new HttpClient();
            while (!end.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref next);
                // A client repeats its report until it is accepted.
                while (!accepted.ContainsKey(number))
                {
                    using var form = new FormUrlEncodedContent(
                        Some.Report(reference: number.ToString(CultureInfo.InvariantCulture))
                            .Concat([("api_key", _key), ("jurisdiction_id", "mail")]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
                    using var response = await http.PostAsync(new Uri(_gateway.Address, "/open311/v2/requests.xml"), form);
                    if (response.IsSuccessStatusCode)
                        accepted[number] = (await HttpReply.ReadAsync(response)).Id;
                    else if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
                        Interlocked.Increment(ref refused);
                    else
                        unexpected.Enqueue(response.StatusCode);
                }
            }
        })).ToArray();

        for (var outage = 0; outage < Outages; outage++)
        {
            var (before, refusedBefore) = (accepted.Count, Volatile.Read(ref refused));
            await Eventually.TrueAsync(() => accepted.Count > before + Connections, "reports are accepted");
            await _server.CloseAsync();
            await Eventually.TrueAsync(() => Volatile.Read(ref refused) > refusedBefore + (3 * Connections), "calls are refused");
            Assert.False(_gateway.HasExited, _gateway.Output);
            _server.Reopen();
        }

        var last = accepted.Count;
        await Eventually.TrueAsync(() => accepted.Count > last + Connections, "reports are accepted again");
        await end.CancelAsync();
        await Task.WhenAll(clients);

        Assert.Empty(unexpected);
        Assert.Equal(accepted.Count, accepted.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(accepted.Count, await CountAsync("SELECT COUNT(*) FROM report"));
        await Eventually.TrueAsync(async () => await CountAsync("SELECT COUNT(*) FROM delivery WHERE state <> 2") == 0, "all reports are sent");
        Assert.Equal(accepted.Count, Directory.GetFiles(_folder.At("pickup"), "*.eml").Length);
        Assert.Equal(0, await _gateway.TerminateAsync());
        Assert.Empty(_server.Log.Violations);
    }

    private Task<long> CountAsync(string sql) => _database.ReadAsync(db => db.ScalarAsync<long>(sql), default);
}
