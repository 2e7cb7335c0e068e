using System.Globalization;
using Microsoft.AspNetCore.Http;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// The process is killed before or after every commit and every send. A few places here; with <c>GATEWAY_CRASH_POINTS=60</c> every one of
/// the first sixty, which is all that three reports pass.
/// </summary>
public sealed class CrashMatrixTests : IAsyncLifetime
{
    private const int Reports = 3;

    /// <summary>An adapter whose system does not refuse doubles, and can be asked for a report by its reference.</summary>
    private static readonly string Asking = PluginForge.Plugin(
        "asking",
        """
        public async Task<Submission> SubmitAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            await attempt.MarkCommittingAsync(ct);
            var form = new System.Net.Http.FormUrlEncodedContent(new[] { KeyValuePair.Create("attribute[fixmystreet_id]", request.Reference) });
            using var response = await _context.Http.PostAsync(Endpoint + "requests.xml", form, ct);
            var body = await response.Content.ReadAsStringAsync(ct);
            return new Submission { BackEndId = body.Split("service_request_id>")[1].Split('<')[0] };
        }

        public async Task<LookupResult> FindAsync(ServiceRequest request, IAttempt attempt, CancellationToken ct)
        {
            var body = await _context.Http.GetStringAsync(Endpoint + "find.txt?reference=" + request.Reference, ct);
            return body.Length > 0 ? LookupResult.Found(new Submission { BackEndId = body }) : LookupResult.Absent;
        }

        private string Endpoint => _context.Settings.GetProperty("endpoint").GetString();
        """,
        "IRequestSender, ISubmissionFinder")
        .Replace("Title = \"Test\"", "Title = \"Test\", MarksCommit = true", StringComparison.Ordinal);

    private readonly TempFolder _folder = new();
    private StubOpen311 _council = null!;

    /// <summary>What a back end does about doubles.</summary>
    public enum Doubles
    {
        Refused,
        CanBeAsked,
        Neither,
    }

    public static TheoryData<int, Doubles> Points()
    {
        var all = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_CRASH_POINTS"), CultureInfo.InvariantCulture, out var most);
        var points = all ? Enumerable.Range(1, most) : [4, 9, 13, 17, 22, 27];
        return [.. points.SelectMany(p => Enum.GetValues<Doubles>().Select(d => new TheoryDataRow<int, Doubles>(p, d)))];
    }

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _council.Pages["find.txt"] = async http =>
        {
            if (_council.Posts.Any(p => p["attribute[fixmystreet_id]"] == http.Request.Query["reference"]))
                await http.Response.WriteAsync($"CASE-OF-{http.Request.Query["reference"]}");
        };
        Built.Drop("Open311", _folder.At("plugins"));
        PluginForge.Compile(_folder.At("plugins", "asking.dll"), Asking);
    }

    public async ValueTask DisposeAsync()
    {
        await _council.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Killed_at_a_place_nothing_is_lost_and_nothing_sent_twice(int killAt, Doubles doubles) =>
        await RunAsync(doubles, [$"--Faults:KillAt={killAt}"], _ => { });

    [Theory]
    [InlineData(Doubles.Refused)]
    [InlineData(Doubles.CanBeAsked)]
    [InlineData(Doubles.Neither)]
    public async Task Killed_after_the_council_made_the_case_and_before_its_answer(Doubles doubles)
    {
        GatewayProcess? victim = null;
        _council.BeforeAnswer = async (_, n) =>
        {
            if (n == 2)
                await victim!.KillAsync();
        };

        await RunAsync(doubles, [], process => victim ??= process);
    }

    private async Task RunAsync(Doubles doubles, string[] fault, Action<GatewayProcess> started)
    {
        _council.RefusesDoubles = doubles == Doubles.Refused;
        _folder.Write("councils/c.json", $$"""
            { "jurisdictionId": "c", "name": "C", "catalogue": [], "services": [ { "code": "BIN", "name": "Bin" } ],
              "backends": { "b": {{doubles switch
        {
            Doubles.Refused => $$"""{ "adapter": "open311", "repeat": "reports", "settings": { "endpoint": "{{_council.Endpoint}}", "apiKey": "k" } }""",
            Doubles.CanBeAsked => $$"""{ "adapter": "asking", "settings": { "endpoint": "{{_council.Endpoint}}" } }""",
            _ => $$"""{ "adapter": "open311", "settings": { "endpoint": "{{_council.Endpoint}}", "apiKey": "k" } }""",
        }}} } }
            """);
        var key = (await GatewayProcess.RunAsync([.. Settings(), "key", "create", "--client", "a test"])).Output.Trim();
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };

        var process = await StartAsync(fault);
        if (process is not null)
            started(process);
        var ids = new List<string>();
        for (var i = 0; i < Reports; i++)
            for (string? id = null; id is null;)
            {
                process ??= (await StartAsync([]))!;
                id = await PostAsync(http, process, key, i);
                if (id is not null)
                    ids.Add(id);
                else
                    process = await GoneAsync(process);
            }

        var database = TestStore.Open(_folder.At("state"));
        await Eventually.TrueAsync(
            async () =>
            {
                process ??= await StartAsync([]);
                if (process!.HasExited)
                    process = await GoneAsync(process);
                return await OpenAsync(database) == 0;
            },
            "everything is sent or held");
        if (process is not null)
            await process.DisposeAsync();

        var held = await new QueueQueries(database).ListAsync(new QueueFilter(null, null, null, null), 100, default);
        var posted = _council.Posts.GroupBy(p => p["attribute[fixmystreet_id]"].ToString()).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(Reports, ids.Distinct(StringComparer.Ordinal).Count());
        if (doubles == Doubles.Neither)
        {
            Assert.All(posted.Values, n => Assert.Equal(1, n));
            Assert.All(held, row => Assert.Contains("look there", row.Cause, StringComparison.Ordinal));
            Assert.True(posted.Count + held.Count >= Reports);
        }
        else
        {
            Assert.Empty(held);
            Assert.Equal(Reports, posted.Count);
            Assert.Equal(Reports, _council.Cases);
        }
    }

    private static Task<long> OpenAsync(IDatabase database) => database.ReadAsync(
        db => db.ScalarAsync<long>("SELECT COUNT(*) FROM delivery WHERE state NOT IN (2, 5)"), default);

    private static async Task<GatewayProcess?> GoneAsync(GatewayProcess process)
    {
        await process.DisposeAsync();
        return null;
    }

    private static async Task<string?> PostAsync(HttpClient http, GatewayProcess process, string key, int number)
    {
        try
        {
            using var form = new FormUrlEncodedContent(
                Some.Report(reference: $"{number}").Concat([("api_key", key), ("jurisdiction_id", "c")]).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));
            using var response = await http.PostAsync(new Uri(process.Address, "/open311/v2/requests.xml"), form);
            return response.IsSuccessStatusCode ? (await WireAnswer.ReadAsync(response)).Id : null;
        }
        catch (HttpRequestException)
        {
            // Killed in the middle.
            return null;
        }
    }

    /// <returns>Null when it was killed before it listened.</returns>
    private async Task<GatewayProcess?> StartAsync(string[] fault)
    {
        try
        {
            return await GatewayProcess.StartAsync([.. Settings(), .. fault]);
        }
        catch (InvalidOperationException) when (fault.Length > 0)
        {
            return null;
        }
    }

    private string[] Settings() =>
    [
        $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Email:PickupPath={_folder.At("pickup")}",
        $"--Plugins:Path={_folder.At("plugins")}",
        "--Sending:Retry:0=00:00:00.2", "--Sending:Poll=00:00:00.1", "--Sending:FinderFirst=00:00:00.1", "--Sending:FinderAgain=00:00:00.1",
        "--Logging:LogLevel:PluginGateway=Warning", "--Logging:LogLevel:PluginGateway.Host.GatewayStartup=Information",
    ];
}
