using System.Net;
using Microsoft.AspNetCore.Http;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>Tests incidents for invalid settings and for held reports: one mail each, and another one when they are over.</summary>
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
    public async Task Invalid_settings_suspend_the_lane_until_the_file_is_edited()
    {
        var isWrong = true;
        _council.BeforeCreate = (http, _) =>
        {
            http.Response.StatusCode = isWrong ? StatusCode(HttpStatusCode.Unauthorized) : StatusCode(HttpStatusCode.OK);
            return Task.CompletedTask;
        };
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("c", Some.Report(reference: $"{i}"))).Status);

        Assert.Contains("settings rejected", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        // The first call, and at most those that ran at the same time.
        Assert.InRange(_council.Posts.Count, 1, 4);
        Assert.Equal(5, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state IN (0, 3)"));

        isWrong = false;
        _gateway.Council("c", Some.Open311Council("c", _council.Endpoint, "\"whenSlow\": \"ownId\","));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 5, "all reports are sent");
        Assert.Contains((await _gateway.MailsAsync(2)), m => m.Contains("Resolved: c / open311", StringComparison.Ordinal));
        Assert.Equal(5, _council.Cases);
    }

    [Fact]
    public async Task Paused_lane_does_not_use_up_probes()
    {
        _council.BeforeCreate = static (http, _) =>
        {
            http.Response.StatusCode = StatusCode(HttpStatusCode.ServiceUnavailable);
            return Task.CompletedTask;
        };
        for (var i = 0; i < 6; i++)
            await _gateway.PostAsync("c", Some.Report(reference: $"{i}"));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT breaker FROM lane WHERE backend = 'open311'") == 1, "the breaker is open");

        var suspensions = _gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>();
        await suspensions.PauseAsync(new PluginGateway.Core.Sending.Suspensions.SuspensionScope("c", "", ""), "a test", "op", null, default);
        await _gateway.ReadAsync<long>("UPDATE lane SET next_probe = 1, breaker_probes = 0; UPDATE delivery SET due = 0 WHERE state IN (0, 3); SELECT 1");
        await _gateway.PostAsync("c", Some.Report(reference: "last"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 1") == 0, "no call is running");

        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT breaker_probes FROM lane WHERE backend = 'open311'"));
    }

    [Fact]
    public async Task Held_reports_are_one_alert_with_a_count_per_cause()
    {
        _council.BeforeCreate = static async (http, n) =>
        {
            http.Response.StatusCode = StatusCode(HttpStatusCode.BadRequest);
            await http.Response.WriteAsync($"<errors><error><code>400</code><description>Not on our road {n % 2}.</description></error></errors>");
        };
        for (var i = 0; i < 6; i++)
            await _gateway.PostAsync("c", Some.Report(reference: $"{i}"));

        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 5") == 6, "all reports are held");
        Assert.Contains("reports need an operator", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT count FROM incident WHERE closed = 0") == 6, "the count is updated");
        Assert.Single(_gateway.Mails());

        await _gateway.ReadAsync<long>("UPDATE delivery SET state = 7; SELECT 1");
        await _gateway.MailsAsync(2);
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM incident WHERE closed = 0"));
    }

    private static int StatusCode(HttpStatusCode code) => (int)code;
}
