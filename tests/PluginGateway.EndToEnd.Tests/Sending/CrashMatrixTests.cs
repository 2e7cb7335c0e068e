using System.Globalization;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Kills the process before or after a commit or a call of an adapter: at six such points, or with <c>GATEWAY_CRASH_POINTS=60</c> at each of the
/// first 60.
/// </summary>
public sealed class CrashMatrixTests : IAsyncLifetime
{
    private const int Reports = 3;

    /// <summary>An adapter whose system does not recognise repeats, but can look up a report by its reference.</summary>
    private static readonly string QueryingPlugin = PluginForge.Plugin(
        "querying",
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

    /// <summary>How a back end avoids duplicates.</summary>
    public enum DuplicateHandling
    {
        RecognisesRepeats,
        SupportsLookup,
        None,
    }

    public static TheoryData<int, DuplicateHandling> Points()
    {
        var all = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_CRASH_POINTS"), CultureInfo.InvariantCulture, out var count);
        var points = all ? Enumerable.Range(1, count) : [4, 9, 13, 17, 22, 27];
        return [.. points.SelectMany(p => Enum.GetValues<DuplicateHandling>().Select(d => new TheoryDataRow<int, DuplicateHandling>(p, d)))];
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
        PluginForge.Compile(_folder.At("plugins", "querying.dll"), QueryingPlugin);
    }

    public async ValueTask DisposeAsync()
    {
        await _council.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Kill_at_any_point_loses_and_duplicates_nothing(int killAt, DuplicateHandling handling) =>
        await RunAsync(handling, [$"--Faults:KillAt={killAt}"], _ => { });

    [Theory]
    [InlineData(DuplicateHandling.RecognisesRepeats)]
    [InlineData(DuplicateHandling.SupportsLookup)]
    [InlineData(DuplicateHandling.None)]
    public async Task Kill_between_creation_of_the_case_and_response_loses_and_duplicates_nothing(DuplicateHandling handling)
    {
        GatewayProcess? victim = null;
        _council.BeforeAnswer = async (_, n) =>
        {
            if (n == 2)
                await victim!.KillAsync();
        };

        await RunAsync(handling, [], process => victim ??= process);
    }

    private async Task RunAsync(DuplicateHandling handling, string[] fault, Action<GatewayProcess> started)
    {
        _council.RecognisesRepeats = handling == DuplicateHandling.RecognisesRepeats;
        _folder.Write("councils/c.json", $$"""
            { "jurisdictionId": "c", "name": "C", "catalogue": [], "services": [ { "code": "BIN", "name": "Bin" } ],
              "backends": { "b": {{handling switch
        {
            DuplicateHandling.RecognisesRepeats =>
                $$"""{ "adapter": "open311", "repeat": "reports", "settings": { "endpoint": "{{_council.Endpoint}}", "apiKey": "k" } }""",
            DuplicateHandling.SupportsLookup => $$"""{ "adapter": "querying", "settings": { "endpoint": "{{_council.Endpoint}}" } }""",
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
                    process = await DisposeExitedAsync(process);
            }

        var database = TestStore.Open(_folder.At("state"));
        await Eventually.TrueAsync(
            async () =>
            {
                process ??= await StartAsync([]);
                if (process!.HasExited)
                    process = await DisposeExitedAsync(process);
                return await OpenAsync(database) == 0;
            },
            "all reports are sent or held");
        if (process is not null)
            await process.DisposeAsync();

        var held = await new QueueQueries(database).ListAsync(new QueueFilter(null, null, null, null), 100, default);
        var posted = _council.Posts.GroupBy(p => p["attribute[fixmystreet_id]"].ToString()).ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(Reports, ids.Distinct(StringComparer.Ordinal).Count());
        if (handling == DuplicateHandling.None)
        {
            Assert.All(posted.Values, n => Assert.Equal(1, n));
            Assert.All(held, row => Assert.Contains("Check there first", row.Cause, StringComparison.Ordinal));
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

    private static async Task<GatewayProcess?> DisposeExitedAsync(GatewayProcess process)
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
            return response.IsSuccessStatusCode ? (await HttpReply.ReadAsync(response)).Id : null;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException)
        {
            // The process was killed during the request.
            return null;
        }
    }

    /// <returns>The process; null when it was killed before it listened.</returns>
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
