using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Kills the process at random moments while reports arrive on 8 connections, and restarts it until all are accepted. Every report answered
/// with 200 is delivered exactly once.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const int Reports = 2_000;
    private const int Connections = 8;
    private const int Kills = 6;

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Every_accepted_report_is_delivered_once_despite_kills()
    {
        const int Seed = 311;
        var random = new Random(Seed);
        _folder.Write("councils/kill.json", Some.EmailCouncil("kill"));
        var ids = new ConcurrentDictionary<int, string>();
        var next = -1;
        var gateway = new Running { Process = await StartAsync() };
        var key = (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a test"])).Output.Trim();

        var clients = Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
            int number;
            while ((number = Interlocked.Increment(ref next)) < Reports)
                ids[number] = await PostUntilAnsweredAsync(http, gateway, key, number);
        })).ToArray();

        // Each kill follows a random number of answers, so that it hits a different phase.
        var at = Enumerable.Range(0, Kills).Select(_ => random.Next(50, Reports - 50)).Order().ToList();
        foreach (var count in at)
        {
            await Eventually.TrueAsync(() => ids.Count >= count, string.Create(CultureInfo.InvariantCulture, $"{count} answers"));
            await gateway.Process.KillAsync();
            gateway.Process = await StartAsync();
        }

        await Task.WhenAll(clients);
        await gateway.Process.KillAsync();
        gateway.Process = await StartAsync();

        var pickup = _folder.At("pickup");
        // A busy machine may need a long time for all e-mails, so the deadline applies to each hundred.
        for (var sent = 100; sent <= Reports; sent += 100)
            await Eventually.TrueAsync(() => Directory.GetFiles(pickup, "*.eml").Length >= sent, string.Create(CultureInfo.InvariantCulture, $"{sent} mails"));
        var mailed = Directory.GetFiles(pickup, "*.eml").Select(f => ReportId(File.ReadAllText(f))).ToList();
        Assert.Equal(Reports, ids.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(ids.Values.Order(StringComparer.Ordinal), mailed.Order(StringComparer.Ordinal));
        await gateway.Process.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Posts the same report until it is answered, as a reporting site does.</summary>
    private static async Task<string> PostUntilAnsweredAsync(HttpClient http, Running gateway, string key, int number)
    {
        var reference = number.ToString(CultureInfo.InvariantCulture);
        string? known = null;
        using var between = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using var form = new FormUrlEncodedContent(
                    Some.Report(reference: reference, description: $"Report {reference}").Concat([("api_key", key), ("jurisdiction_id", "kill")])
                        .Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
                using var response = await http.PostAsync(new Uri(gateway.Process.Address, "/open311/v2/requests.xml"), form);
                var answer = await HttpReply.ReadAsync(response);
                if (response.IsSuccessStatusCode)
                {
                    Assert.True(known is null || known == answer.Id);
                    return answer.Id;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SocketException)
            {
                // The process was killed during the request.
            }

            await between.WaitForNextTickAsync();
        }
    }

    private static string ReportId(string mail)
    {
        var at = mail.IndexOf("X-Report-Id: ", StringComparison.Ordinal) + 13;
        return mail[at..mail.IndexOf('\r', at)];
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
        $"--Plugins:Path={_folder.At("plugins")}",
        "--Logging:LogLevel:PluginGateway=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];

    private Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(Settings());

    private sealed class Running
    {
        public required GatewayProcess Process { get; set; }
    }
}
