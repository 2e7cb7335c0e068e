using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Tests several gateway processes on one database, some of them killed: each report is delivered once, each incident is notified once, and
/// suspensions and limits apply to all hosts. Runs with 5,000 reports, 2,000 on the double, or <c>GATEWAY_REPORTS=20000</c>.
/// </summary>
public sealed class SeveralHostsTests : IAsyncLifetime
{
    /// <summary>Whether to use the double instead of the database of the test run.</summary>
    public static readonly TheoryData<bool> Stores = [false, true];

    private const int Connections = 9;

    private int _reports;
    private readonly TempFolder _folder = new();
    private readonly List<GatewayProcess> _hosts = [];
    private SqlServerDouble? _server;
    private IReadOnlyList<string> _storage = [];
    private IDatabase _database = null!;
    private StubOpen311 _council = null!;
    private string _key = "";

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _council.RecognisesRepeats = true;
        Built.Drop("Open311", _folder.At("plugins"));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        await _council.DisposeAsync();
        _folder.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
            Assert.Empty(_server.Log.Violations);
        }
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Each_report_is_delivered_once_although_a_host_is_killed(bool onTheDouble)
    {
        await StartAsync(onTheDouble, 3, "\"repeat\": \"reports\", \"limit\": 8,");
        var ids = new ConcurrentDictionary<int, string>();
        var next = -1;
        var clients = Enumerable.Range(0, Connections).Select(n => Task.Run(async () =>
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(60) };
            int number;
            while ((number = Interlocked.Increment(ref next)) < _reports)
                ids[number] = await PostAsync(http, "c", n, number);
        })).ToArray();

        // Waits as long as there is progress: a busy machine needs longer than a single deadline.
        for (var progress = -1; ids.Count <= _reports / 10 || _council.Cases <= 10;)
        {
            var before = progress;
            await Eventually.TrueAsync(() => (progress = ids.Count + _council.Cases) > before, $"more than {before} accepted or sent");
        }

        await _hosts[2].KillAsync();
        await Task.WhenAll(clients);

        var left = long.MaxValue;
        while (left > 0)
        {
            var before = left;
            // Waits as long as there is progress: a large run needs longer than a single deadline.
            await Eventually.TrueAsync(
                async () => (left = await ReadAsync("SELECT COUNT(*) FROM delivery WHERE state <> 2")) < before, $"fewer than {before} remain");
        }

        Assert.Equal(_reports, ids.Values.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(_reports, _council.Cases);
        // Only the running calls of the killed host were repeated, and recognised.
        Assert.InRange(_council.Posts.Count, _reports, _reports + 8);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Incident_is_notified_once_by_the_host_with_the_leader_lock(bool onTheDouble)
    {
        var refuses = true;
        _council.BeforeCreate = (http, _) =>
        {
            http.Response.StatusCode = refuses ? StatusCodes.Status403Forbidden : StatusCodes.Status200OK;
            return Task.CompletedTask;
        };
        // The killed host may have a running call, so repeats must be recognised.
        await StartAsync(onTheDouble, 2, "\"repeat\": \"reports\",");
        using var http = new HttpClient();
        for (var i = 0; i < 10; i++)
            await PostAsync(http, "c", i, i);
        await MailsAsync("c / open311: sending stopped, settings rejected", 1);

        // The notifying host is killed; the other one takes over the leader lock and finds the earlier notification.
        var notifier = await _database.ReadAsync(db => db.ScalarAsync<string>("SELECT node FROM leader_lock WHERE name = 'alerts'"), default);
        var host = Assert.Single(_hosts, h => notifier!.Contains($"/{h.Id}/", StringComparison.Ordinal));
        await host.KillAsync();
        await Eventually.TrueAsync(
            async () => await ReadAsync("SELECT COUNT(*) FROM leader_lock WHERE name = 'alerts' AND node = @notifier", new { notifier }) == 0,
            "the other host holds the leader lock");

        refuses = false;
        await MailsAsync("Resolved: c / open311: sending stopped, settings rejected", 1);
        await Eventually.TrueAsync(async () => await ReadAsync("SELECT COUNT(*) FROM delivery WHERE state = 2") == 10, "all reports are sent");
        await MailsAsync("c / open311: sending stopped, settings rejected", 1);
        Assert.Equal(2, Mails().Count);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Limited_resumption_counts_for_all_hosts_together(bool onTheDouble)
    {
        await StartAsync(onTheDouble, 2);
        Assert.Equal(0, (await RunAsync("queue", "pause", "c", "--reason", "a test")).ExitCode);
        using var http = new HttpClient();
        for (var i = 0; i < 40; i++)
            await PostAsync(http, "c", i, i);
        Assert.Empty(_council.Posts);

        Assert.Equal(0, (await RunAsync("queue", "resume", "c", "--one")).ExitCode);
        await Eventually.TrueAsync(() => _council.Cases == 1, "one report is sent");
        await BothSendAsync(http);
        Assert.Equal(1, _council.Cases);

        // The rate per minute counts for both hosts together.
        const int perMinute = 600;
        var (times, before) = (new ConcurrentQueue<DateTimeOffset>(), TimeProvider.System.GetUtcNow());
        _council.BeforeCreate = (_, _) =>
        {
            times.Enqueue(TimeProvider.System.GetUtcNow());
            return Task.CompletedTask;
        };
        Assert.Equal(0, (await RunAsync("queue", "resume", "c", "--rate", $"{perMinute}")).ExitCode);
        await Eventually.TrueAsync(() => _council.Cases == 40, "all reports are sent");
        foreach (var (n, at) in times.Order().Index())
            Assert.True(at - before >= TimeSpan.FromMinutes(1) * n / perMinute, $"{n + 1} were sent within {at - before}");
        Assert.Equal(40, await ReadAsync("SELECT COUNT(*) FROM attempt a JOIN delivery d ON d.id = a.delivery_id WHERE d.dest_key = 'open311'"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Breaker_opened_by_one_host_applies_to_all(bool onTheDouble)
    {
        _council.BeforeCreate = static (http, _) =>
        {
            http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        };
        await StartAsync(onTheDouble, 2);
        using var http = new HttpClient();
        for (var i = 0; i < 12; i++)
            await PostAsync(http, "c", 0, i);
        await Eventually.TrueAsync(async () => await ReadAsync("SELECT breaker FROM lane WHERE backend = 'open311'") == 1, "the breaker opens");
        await Eventually.TrueAsync(async () => await ReadAsync("SELECT COUNT(*) FROM delivery WHERE state = 1") == 0, "no call is running");
        await BothSendAsync(http);
        var posts = _council.Posts.Count;
        for (var i = 12; i < 24; i++)
            await PostAsync(http, "c", 1, i);
        await BothSendAsync(http);

        Assert.Equal(posts, _council.Posts.Count);
    }

    private async Task StartAsync(bool onTheDouble, int hosts, string backEndMore = "")
    {
        _reports = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_REPORTS"), CultureInfo.InvariantCulture, out var asked) ? asked
            // The double runs all statements one after the other.
            : onTheDouble ? 2_000 : 5_000;
        if (onTheDouble)
        {
            _server = new SqlServerDouble();
            var connection = TestStore.Create(_server.ConnectionString);
            (_storage, _database) = (TestStore.SettingsFor(connection), TestStore.OpenAt(connection));
        }
        else
        {
            _database = TestStore.Open(_folder.At("state"));
        }

        _folder.Write(
            "councils/c.json", Some.Open311Council("c", _council.Endpoint, backEndMore: backEndMore).Replace("direct", "queued", StringComparison.Ordinal));
        _folder.Write("councils/beside.json", Some.EmailCouncil("beside"));
        _key = (await RunAsync("key", "create", "--client", "a test")).Output.Trim();
        _hosts.AddRange(await Task.WhenAll(Enumerable.Range(0, hosts).Select(_ => GatewayProcess.StartAsync(Settings()))));
        await Eventually.TrueAsync(async () => await ReadAsync("SELECT COUNT(*) FROM node WHERE heartbeat > 0") >= hosts, "all hosts have sent a heartbeat");
    }

    /// <summary>Sends mails of another council from each host, so that each has polled every lane since.</summary>
    private async Task BothSendAsync(HttpClient http)
    {
        for (var i = 0; i < 20; i++)
        {
            var before = Mails("To: highways@beside").Count;
            await PostAsync(http, "beside", i, null);
            await Eventually.TrueAsync(() => Mails("To: highways@beside").Count > before, "the mail is sent");
        }
    }

    private async Task<string> PostAsync(HttpClient http, string council, int connection, int? number)
    {
        for (var i = connection; ; i++)
            try
            {
                using var form = new FormUrlEncodedContent(
                    Some.Report(council == "beside" ? "A/B c.d" : "BIN", number?.ToString(CultureInfo.InvariantCulture))
                        .Concat([("api_key", _key), ("jurisdiction_id", council)]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
                using var response = await http.PostAsync(new Uri(_hosts[i % _hosts.Count].Address, "/open311/v2/requests.xml"), form);
                if (response.IsSuccessStatusCode)
                    return (await HttpReply.ReadAsync(response)).Id;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                // The host was killed, so the next one is used.
            }
    }

    private Task<long> ReadAsync(string sql, object? parameters = null) => _database.ReadAsync(db => db.ScalarAsync<long>(sql, parameters), default);

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => GatewayProcess.RunAsync([.. command, .. Settings()]);

    private List<string> Mails(string having = "") =>
        Directory.Exists(_folder.At("pickup"))
            ? [.. Directory.GetFiles(_folder.At("pickup"), "*.eml").Select(File.ReadAllText).Where(m => m.Contains(having, StringComparison.Ordinal))]
            : [];

    private async Task MailsAsync(string subject, int count)
    {
        subject = "Subject: " + subject;
        await Eventually.TrueAsync(() => Mails(subject).Count >= count, subject);
        Assert.Equal(count, Mails(subject).Count);
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
        $"--Plugins:Path={_folder.At("plugins")}", .. _storage,
        // Long enough for a busy machine: a host that renews its lease too late is taken for dead, and its calls are repeated.
        "--Sending:Lease=00:00:10", "--Sending:LeaseRenewal=00:00:01", "--Sending:BreakerFirstWait=00:05:00",
        "--Sending:Retry:0=00:00:00.1", "--Sending:Poll=00:00:00.1", "--Sending:IndexEvery=01:00:00", "--Sending:CacheFor=00:00:00.02", "--Sending:SettingsProbe=00:00:00.2", "--Alerts:To=ops@example.org",
        "--Alerts:Every=00:00:00.2", "--Logging:LogLevel:PluginGateway=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];
}
