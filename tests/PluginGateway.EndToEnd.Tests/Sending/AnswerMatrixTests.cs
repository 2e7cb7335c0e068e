using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Sends a report to a council for each kind of answer, with and without an endpoint that recognises repeats, in direct and in queued mode, while
/// the process is killed at random moments. Without <c>repeat</c>, no report creates two cases: it is delivered once, or held because nobody can know.
/// </summary>
public sealed class AnswerMatrixTests : IAsyncLifetime
{
    private const int Kills = 5;
    private const int Connections = 8;

    /// <summary>The number of answers of its kind that an endpoint gives before it answers normally. Refusals, and without <c>repeat</c> answers after a case was created,
    /// are given every time.</summary>
    private const int OddAnswers = 2;

    private readonly TempFolder _folder = new();
    private readonly ConcurrentDictionary<string, int> _posts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _cases = new(StringComparer.Ordinal);
    private readonly List<Lane> _lanes =
    [
        .. from kind in AnswerKinds.All
           from repeat in new[] { false, true }
           from direct in new[] { false, true }
           select new Lane(kind, repeat, direct),
    ];

    private WebApplication _councils = null!;

    private sealed record Lane(AnswerKind Kind, bool Repeat, bool Direct)
    {
        public string Name => $"{Kind.Name}{(Repeat ? "-repeat" : "")}{(Direct ? "-direct" : "-queued")}";
    }

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _councils = builder.Build();
        _councils.Run(HandleAsync);
        await _councils.StartAsync();
        Built.Drop("Open311", _folder.At("plugins"));
        foreach (var lane in _lanes)
            _folder.Write($"councils/{lane.Name}.json", $$"""
                { "jurisdictionId": "{{lane.Name}}", "name": "C", "catalogue": [], "services": [ { "code": "BIN", "name": "Bin" } ],
                  "mode": "{{(lane.Direct ? "direct" : "queued")}}", "answerWithin": "2s",
                  "backends": { "b": { "adapter": "open311", "repeat": "{{(lane.Repeat ? "reports" : "none")}}",
                    "settings": { "endpoint": "{{_councils.Urls.First()}}/{{lane.Name}}/v2", "apiKey": "k" } } } }
                """);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _councils.StopAsync(now.Token);
        await _councils.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_kind_of_answer_creates_one_case_or_holds_the_report_despite_kills()
    {
        var random = new Random(311);
        var process = await GatewayProcess.StartAsync(Settings());
        var key = (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a test"])).Output.Trim();
        var (next, answered) = (-1, 0);
        var clients = Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
            int number;
            while ((number = Interlocked.Increment(ref next)) < _lanes.Count)
            {
                await PostUntilAnsweredAsync(http, () => process, key, _lanes[number].Name);
                Interlocked.Increment(ref answered);
            }
        })).ToArray();
        foreach (var count in Enumerable.Range(0, Kills).Select(_ => random.Next(5, _lanes.Count - 5)).Order())
        {
            await Eventually.TrueAsync(() => Volatile.Read(ref answered) >= count, string.Create(CultureInfo.InvariantCulture, $"{count} answers"));
            await process.KillAsync();
            process = await GatewayProcess.StartAsync(Settings());
        }

        await Task.WhenAll(clients);
        var database = TestStore.Open(_folder.At("state"));
        var waited = await Record.ExceptionAsync(() => Eventually.TrueAsync(
            async () => (await StatesAsync(database)).All(s => s.Value is DeliveryState.Sent or DeliveryState.Held), "all are sent or held"));
        if (waited is not null)
            Assert.Fail($"{waited.Message}: {string.Join(", ", (await StatesAsync(database)).Where(s => s.Value is not (DeliveryState.Sent or DeliveryState.Held)))}");
        await process.DisposeAsync();

        var states = await StatesAsync(database);
        Assert.Equal(_lanes.Count, states.Count);
        Assert.Equal([], _lanes.Select(l => Problem(l, states[l.Name])).OfType<string>());
    }

    /// <summary>Returns what is wrong with the outcome of a report; null if it is right.</summary>
    private string? Problem(Lane lane, DeliveryState state)
    {
        var (cases, posts) = (_cases.GetValueOrDefault(lane.Name), _posts.GetValueOrDefault(lane.Name));
        var isRight = (lane, state) switch
        {
            _ when cases > 1 => false,
            ({ Repeat: false, Kind.Outcome: AnswerOutcome.Sent or AnswerOutcome.Later }, DeliveryState.Sent) => cases == 1,
            // The process may be killed after it marked the call as creating, and before the answer was recorded.
            ({ Repeat: false, Kind.Outcome: AnswerOutcome.Sent or AnswerOutcome.Later }, _) => state == DeliveryState.Held,
            ({ Kind.Outcome: AnswerOutcome.Refused }, _) => state == DeliveryState.Held && cases == 0,
            ({ Repeat: false, Kind.Outcome: AnswerOutcome.Unknown }, _) => state == DeliveryState.Held && posts <= 1,
            _ => state == DeliveryState.Sent && cases == 1,
        };
        return isRight ? null : string.Create(CultureInfo.InvariantCulture, $"{lane.Name}: {state}, {posts} posts, {cases} cases");
    }

    private static async Task<Dictionary<string, DeliveryState>> StatesAsync(IDatabase database) => (await database.ReadAsync(
        db => db.ListAsync<StateRow>("SELECT l.council AS Council, d.state AS State FROM delivery d JOIN lane l ON l.id = d.lane_id"), default))
        .ToDictionary(r => r.Council, r => r.State, StringComparer.Ordinal);

    private async Task HandleAsync(HttpContext http)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        var council = http.Request.Path.Value!.Split('/')[1];
        var lane = _lanes.Single(l => l.Name == council);
        var number = _posts.AddOrUpdate(council, 1, (_, n) => n + 1);
        var isOdd = number <= OddAnswers || (lane is { Repeat: false, Kind.Creates: true } or { Kind.Outcome: AnswerOutcome.Refused });
        if (isOdd && lane.Kind is { Creates: false, Outcome: AnswerOutcome.Unknown })
        {
            await lane.Kind.AnswerAsync(http, "");
            return;
        }

        await http.Request.ReadFormAsync();
        if (isOdd ? lane.Kind.Creates : true)
            _cases.AddOrUpdate(council, 1, (_, n) => lane.Repeat ? n : n + 1);
        if (isOdd)
            await lane.Kind.AnswerAsync(http, "CASE-1");
        else
            await http.Response.WriteAsync(AnswerKinds.Id("CASE-1"));
    }

    /// <summary>Posts the same report until the gateway answers, as a reporting site does.</summary>
    private static async Task PostUntilAnsweredAsync(HttpClient http, Func<GatewayProcess> process, string key, string council)
    {
        using var between = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            try
            {
                using var form = new FormUrlEncodedContent(
                    Some.Report(reference: "1").Concat([("api_key", key), ("jurisdiction_id", council)]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
                using var response = await http.PostAsync(new Uri(process().Address, "/open311/v2/requests.xml"), form);
                if ((int)response.StatusCode is 200 or 400)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or SocketException)
            {
                // The process was killed during the request.
            }

            await between.WaitForNextTickAsync();
        }
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
        $"--Plugins:Path={_folder.At("plugins")}", "--Sending:AttemptWithin=00:00:01", "--Sending:Retry:0=00:00:00.2", "--Sending:Poll=00:00:00.2",
        "--Sending:SlowDown=00:00:00.2", "--Sending:BreakerFirstWait=00:00:00.2", "--Sending:SettingsProbe=00:00:00.5",
        "--Logging:LogLevel:PluginGateway=Error", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];

    private sealed class StateRow
    {
        public string Council { get; init; } = "";

        public DeliveryState State { get; init; }
    }
}
