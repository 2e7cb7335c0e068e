using System.Diagnostics;
using System.Globalization;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// Deliveries to 29 councils that answer immediately, while the system of another one hangs for a minute on every call, compared with the
/// same without reports for that council.
/// </summary>
internal static class BulkheadBenchmark
{
    private const int Councils = 30;
    private const int EachCouncil = 150;

    public static async Task RunAsync()
    {
        await using var council = await StubOpen311.StartAsync();
        council.BeforeCreate = static (http, _) => Task.Delay(TimeSpan.FromSeconds(60), http.RequestAborted);
        await using var beside = await StartAsync(council);
        await using var without = await StartAsync(council);
        await beside.PostAsync("hangs", Some.Report());
        await QueueFill.AddAsync(beside.Get<IDatabase>(), (await beside.PostAsync("hangs", Some.Report())).Id, 1_000, due: 0);
        await Eventually.TrueAsync(() => council.Posts.Count >= 4, "all places of the hanging council are in use");
        await Rounds.CompareAsync(
            $"deliveries to {Councils - 1} councils while another one hangs", "per second", 0.95,
            () => RateAsync(beside),
            () => RateAsync(without));
    }

    private static async Task<GatewayApp> StartAsync(StubOpen311 council)
    {
        var app = new GatewayApp("--Sending:Drain=00:00:00.1", "--Sending:AttemptWithin=00:02:00").Council(
            "hangs", Some.Open311Council("hangs", council.Endpoint).Replace("direct", "queued", StringComparison.Ordinal));
        Built.Drop("Open311", app.Plugins);
        for (var i = 1; i < Councils; i++)
            app.Council(Name(i), $$"""
                { "jurisdictionId": "{{Name(i)}}", "name": "C", "catalogue": [], "backends": { "nowhere": { "adapter": "blackhole" } }, "services": [ { "code": "BIN", "name": "Bin" } ] }
                """);
        return await app.StartAsync();
    }

    private static async Task<double> RateAsync(GatewayApp app)
    {
        for (var i = 1; i < Councils; i++)
            await QueueFill.AddAsync(app.Get<IDatabase>(), (await app.PostAsync(Name(i), Some.Report())).Id, EachCouncil, due: long.MaxValue);
        var start = Stopwatch.GetTimestamp();
        await app.ReadAsync<long>("UPDATE delivery SET due = 0 WHERE due = 9223372036854775807; SELECT 1");
        using var turn = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await app.ReadAsync<long>(
            """
            SELECT COUNT(*) FROM lane l WHERE l.council <> 'hangs'
                AND (EXISTS (SELECT 1 FROM delivery d WHERE d.lane_id = l.id AND d.state < 5 AND d.state <> 1 AND d.state <> 2 AND d.hold = 0) OR EXISTS (SELECT 1 FROM delivery d WHERE d.state = 1 AND d.lane_id = l.id))
            """) > 0)
            await turn.WaitForNextTickAsync();
        return (Councils - 1) * EachCouncil / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"council-{i}");
}
