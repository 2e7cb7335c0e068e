using System.Diagnostics;
using System.Globalization;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>Claiming a batch from a million queued deliveries, compared with a few thousand.</summary>
internal static class ClaimBenchmark
{
    private const int Batch = 20;
    private const int Claims = 101;
    private const double GoalMs = 10;

    private const string Council = """
        { "jurisdictionId": "bench", "name": "Bench", "catalogue": [], "backends": { "away": { "adapter": "away" } }, "services": [ { "code": "BIN", "name": "Missed bin" } ] }
        """;

    public static async Task RunAsync()
    {
        await using var big = await FilledAsync(1_000_000);
        await using var small = await FilledAsync(Batch * Claims * 2);
        var (own, other, ratios) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < Claims; i++)
        {
            own.Add(await ClaimAsync(big));
            other.Add(await ClaimAsync(small));
            ratios.Add(own[^1] / other[^1]);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| claiming {Batch} of a million deliveries, with commit | {Median(own):0.00} ms (P95: {At(own, 0.95):0.00}) | {Median(other):0.00} ms "
                + $"with {Batch * Claims * 2:N0} | {Median(ratios):0.00} | < {GoalMs} ms |"));
    }

    private static async Task<GatewayApp> FilledAsync(int count)
    {
        var app = await new GatewayApp().Council("bench", Council).StartAsync();
        await QueueFill.AddAsync(app.Get<IDatabase>(), (await app.PostAsync("bench", Some.Report())).Id, count, due: 0);
        return app;
    }

    private static async Task<double> ClaimAsync(GatewayApp app)
    {
        var start = Stopwatch.GetTimestamp();
        var claimed = await app.Get<DeliveryStore>().ClaimDueAsync(1, Batch, marksCommit: false, restricted: null, default);
        var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return claimed.Count == Batch ? took : throw new InvalidOperationException($"{claimed.Count} claimed");
    }

    private static double Median(List<double> values) => At(values, 0.5);

    private static double At(List<double> values, double part) => values.Order().ElementAt((int)((values.Count - 1) * part));
}
