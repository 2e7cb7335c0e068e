using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Tests a long outage: a council is paused with 500 reports and 50 updates, then resumed with one report and at 60 per minute, and its
/// system is down for an hour in between. Everything is delivered once, in order, with one alert, and clients are answered as usual.
/// </summary>
public sealed class LongOutageTests : IAsyncLifetime
{
    private const int Reports = 500;
    private const int Updates = 50;

    private readonly FakeTimeProvider _clock = new(Some.Time);
    private StubOpen311 _council = null!;
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _gateway = new GatewayApp("--Alerts:To=ops@example.org", "--Sending:Poll=00:00:01").Clock(_clock);
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Council(
            "c", Some.Open311Council("c", _council.Endpoint, "\"sendMethod\": \"open311\",").Replace("direct", "queued", StringComparison.Ordinal))
                .StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
    }

    [Fact]
    public async Task Pause_and_outage_deliver_everything_once_in_order_with_one_alert()
    {
        // Collecting updates works all the time, so it raises no alert.
        _council.Pages["servicerequestupdates.xml"] = static http => http.Response.WriteAsync("<service_request_updates/>");
        var (suspensions, scope) = (_gateway.Get<SuspensionStore>(), new SuspensionScope("c", "", ""));
        await suspensions.PauseAsync(scope, "a new system", "op", null, default);

        var ids = new List<string>();
        for (var i = 0; i < Reports; i++)
        {
            var answer = await _gateway.PostAsync("c", Some.Report(reference: $"{i}", description: $"Report {i}"));
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            ids.Add(answer.Id);
        }

        for (var i = 0; i < Updates; i++)
            Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync(
                "servicerequestupdates.xml", "c", ("service_request_id", ids[i]), ("update_id", $"u{i}"), ("status", "OPEN"),
                ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", $"Update {i}"))).Status);
        await AdvanceAsync(TimeSpan.FromSeconds(10), 30);
        Assert.Empty(_council.Posts);

        Assert.True(await suspensions.ResumeAsync(scope, new Resumption(All: false, PerMinute: 0), "op", "canary", default));
        await AdvanceUntilAsync(() => _council.Cases == 1, TimeSpan.FromSeconds(1));
        await AdvanceAsync(TimeSpan.FromSeconds(10), 10);
        Assert.Equal(1, _council.Cases);

        Assert.True(await suspensions.ResumeAsync(scope, new Resumption(All: false, PerMinute: 60), "op", "it works", default));
        await AdvanceUntilAsync(() => _council.Cases >= 150, TimeSpan.FromSeconds(5));
        Assert.InRange(_council.Cases, 150, 170);

        _council.BeforeCreate = static (http, _) =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        var before = _council.Posts.Count;
        await AdvanceAsync(TimeSpan.FromSeconds(10), 360);
        // Five failures opened the breaker (a few more calls were running by then). After that there were only probes: after 30 seconds, 1,
        // 2, 4, 8 and 15 minutes.
        Assert.InRange(_council.Posts.Count - before, 6, 20);

        _council.BeforeCreate = static (_, _) => Task.CompletedTask;
        await AdvanceUntilAsync(() => _council is { Cases: Reports, Updates.Count: Updates }, TimeSpan.FromSeconds(10));

        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2"));
        var sent = _council.Updates.Select(u => u["service_request_id"].ToString()).ToList();
        Assert.Equal(Updates, sent.Distinct(StringComparer.Ordinal).Count());
        // An update uses the id that its report got, so it was sent after the report.
        Assert.All(sent, id => Assert.StartsWith("CASE-", id, StringComparison.Ordinal));
        await AdvanceUntilAsync(() => _gateway.Mails().Count >= 2, TimeSpan.FromSeconds(15));
        Assert.Equal(
            ["c / open311: sending stopped after repeated failures", "Resolved: c / open311: sending stopped after repeated failures"],
            _gateway.Mails().Select(Subject).OrderBy(s => s.StartsWith("Resolved", StringComparison.Ordinal)));
        await AdvanceAsync(TimeSpan.FromSeconds(5), 5);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM suspension WHERE ended = 0"));
        Assert.Equal(2, _gateway.Mails().Count);
    }

    private static string Subject(string mail) => mail.Split('\n').First(l => l.StartsWith("Subject: ", StringComparison.Ordinal))[9..].Trim();

    private async Task<string> StateAsync() => string.Join(
        "; ",
        (await _gateway.Get<QueueQueries>().ByCauseAsync(new QueueFilter(null, null, null, null), default)).Select(
            r => $"{r.Count} {r.BackEnd} {r.State}: {r.Cause}")
            .Concat((await _gateway.Get<SuspensionStore>().ListAsync(default)).Select(c => $"suspended: {c.Reason}, {c.PerMinute} per minute, used {c.Used}"))
            .Append($"{_council.Cases} cases, {_council.Updates.Count} updates"));

    private async Task AdvanceUntilAsync(Func<bool> done, TimeSpan step)
    {
        for (var i = 0; i < 2_000 && !done(); i++)
            await AdvanceAsync(step, 1);
        Assert.True(done(), await StateAsync());
    }

    /// <summary>Advances the clock in steps, waiting after each step for what it started.</summary>
    private async Task AdvanceAsync(TimeSpan step, int steps)
    {
        using var turn = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var i = 0; i < steps; i++)
        {
            _clock.Advance(step);
            // The lanes poll when their timers fire: give them time, then wait for what they started.
            await turn.WaitForNextTickAsync();
            await Eventually.TrueAsync(
                async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 1") == 0, "nothing is being sent");
        }
    }
}
