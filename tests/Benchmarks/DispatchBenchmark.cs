using System.Diagnostics;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.Benchmarks;

/// <summary>
/// Deliveries to an adapter that answers immediately, compared with a bare loop that claims and records the same in the same transactions
/// without reading reports or calling an adapter.
/// </summary>
internal static class DispatchBenchmark
{
    private const int Places = 64;
    private const int EachRound = 6_000;

    private const string Council = """
        { "jurisdictionId": "bench", "name": "Bench", "catalogue": [], "backends": { "nowhere": { "adapter": "blackhole", "limit": 64 } },
          "services": [ { "code": "BIN", "name": "Missed bin", "questions": [ { "code": "WHERE", "type": "text" } ] } ] }
        """;

    public static async Task RunAsync()
    {
        await using var gateway = await new GatewayApp().Council("bench", Council).StartAsync();
        await using var bare = await new GatewayApp("--Sending:Poll=00:01:00").Council("bench", Council.Replace("blackhole", "away", StringComparison.Ordinal))
            .StartAsync();
        await Rounds.CompareAsync(
            $"deliveries to an adapter that answers immediately, {Places} concurrent", "per second", 0.7,
            async () => await RateAsync(gateway, () => DeliverAsync(gateway)),
            async () => await RateAsync(bare, () => LoopAsync(bare)));
    }

    private static async Task<double> RateAsync(GatewayApp app, Func<Task> deliver)
    {
        var pattern = (await app.PostAsync("bench", Some.Report())).Id;
        await QueueFill.AddAsync(app.Get<IDatabase>(), pattern, EachRound, due: long.MaxValue);
        await app.ReadAsync<long>("UPDATE delivery SET due = 0 WHERE state = 0; SELECT 1");
        var start = Stopwatch.GetTimestamp();
        await deliver();
        return EachRound / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task DeliverAsync(GatewayApp app)
    {
        await app.Get<Lanes>().WakeAsync(BackEnd(app), first: null, default);
        using var turn = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await app.ReadAsync<long>(
            """
            SELECT EXISTS (SELECT 1 FROM delivery WHERE lane_id = 1 AND state < 5 AND state <> 1 AND state <> 2 AND hold = 0) OR EXISTS (SELECT 1 FROM delivery WHERE state = 1)
            """) > 0)
            await turn.WaitForNextTickAsync();
    }

    private static async Task LoopAsync(GatewayApp app)
    {
        var (store, recorder, backEnd) = (app.Get<DeliveryStore>(), app.Get<OutcomeRecorder>(), BackEnd(app));
        var laneId = await app.Get<Lanes>().IdAsync(backEnd, default);
        var content = new DeliveryContent { Council = "bench", Owner = "nowhere", ServiceCode = "BIN", Request = Some.Request() };
        // Like a lane: a claim fills the free places.
        var running = new HashSet<Task>();
        while (true)
        {
            var claimed = running.Count < Places ? await store.ClaimDueAsync(laneId, Places - running.Count, marksCommit: false, restricted: null, default) : [];
            foreach (var delivery in claimed)
                running.Add(recorder.CreatedAsync(
                    delivery, backEnd, content, new Submission { ResponseExcerpt = "not sent anywhere" }, "not sent anywhere", 1, default));
            if (running.Count == 0)
                return;
            await Task.WhenAny(running);
            running.RemoveWhere(t => t.IsCompleted);
        }
    }

    private static BackEnd BackEnd(GatewayApp app) => app.Get<CouncilDirectory>().Current.FindBackEnd("bench", "nowhere")!;
}
