using System.Net;
using Microsoft.AspNetCore.Http;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>A back end whose settings are wrong, and reports that need a person: one mail each, and one when it is over.</summary>
public sealed class IncidentTests : IAsyncLifetime
{
    private StubOpen311 _council = null!;
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _gateway = new GatewayApp("--Alerts:To=ops@example.org", "--Alerts:Every=00:00:00.1", "--Sending:CacheFor=00:00:00.02", "--Sending:Retry:0=00:00:00.1");
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Council("c", Some.Open311Council("c", _council.Endpoint)).StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
    }

    [Fact]
    public async Task Wrong_settings_close_the_lane_until_the_file_is_edited()
    {
        var isWrong = true;
        _council.BeforeCreate = (http, _) =>
        {
            http.Response.StatusCode = isWrong ? StatusCode(HttpStatusCode.Forbidden) : StatusCode(HttpStatusCode.OK);
            return Task.CompletedTask;
        };
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("c", Some.Report(reference: $"{i}"))).Status);

        Assert.Contains("does not accept its settings", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        // The first, and at most those that were out beside it.
        Assert.InRange(_council.Posts.Count, 1, 4);
        Assert.Equal(5, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state IN (0, 3)"));

        isWrong = false;
        _gateway.Council("c", Some.Open311Council("c", _council.Endpoint, "\"whenSlow\": \"ownId\","));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 5, "all sent");
        Assert.Contains((await _gateway.MailsAsync(2)), m => m.Contains("Over: c / open311", StringComparison.Ordinal));
        Assert.Equal(5, _council.Cases);
    }

    [Fact]
    public async Task A_probe_is_not_spent_on_a_lane_that_is_paused()
    {
        _council.BeforeCreate = static (http, _) =>
        {
            http.Response.StatusCode = StatusCode(HttpStatusCode.ServiceUnavailable);
            return Task.CompletedTask;
        };
        for (var i = 0; i < 6; i++)
            await _gateway.PostAsync("c", Some.Report(reference: $"{i}"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT breaker FROM lane WHERE backend = 'open311'") == 1, "open");

        var suspensions = _gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>();
        await suspensions.PauseAsync(new PluginGateway.Core.Sending.Suspensions.SuspensionScope("c", "", ""), "a test", "op", null, default);
        await _gateway.ReadAsync<long>("UPDATE lane SET next_probe = 1, breaker_probes = 0; UPDATE delivery SET due = 0 WHERE state IN (0, 3); SELECT 1");
        await _gateway.PostAsync("c", Some.Report(reference: "last"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 1") == 0, "nothing is out");

        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT breaker_probes FROM lane WHERE backend = 'open311'"));
    }

    [Fact]
    public async Task Held_reports_are_one_alert_with_their_causes_counted()
    {
        _council.BeforeCreate = static async (http, n) =>
        {
            http.Response.StatusCode = StatusCode(HttpStatusCode.BadRequest);
            await http.Response.WriteAsync($"<errors><error><code>400</code><description>Not on our road {n % 2}.</description></error></errors>");
        };
        for (var i = 0; i < 6; i++)
            await _gateway.PostAsync("c", Some.Report(reference: $"{i}"));

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 5") == 6, "all held");
        Assert.Contains("reports need a person", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT count FROM incident WHERE closed = 0") == 6, "counted on");
        Assert.Single(_gateway.Mails());

        await _gateway.ReadAsync<long>("UPDATE delivery SET state = 7; SELECT 1");
        await _gateway.MailsAsync(2);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE closed = 0"));
    }

    private static int StatusCode(HttpStatusCode code) => (int)code;
}
