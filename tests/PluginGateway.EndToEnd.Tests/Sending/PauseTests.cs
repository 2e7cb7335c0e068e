using System.Net;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>Tests pauses: paused deliveries wait, others are sent, and clients are answered as usual.</summary>
public sealed class PauseTests : IAsyncLifetime
{
    private const string Two = """
        "alsoSend": [ { "when": { "service": ["BIN"] }, "to": "copy@example.org" } ],
        """;

    private readonly GatewayApp _gateway = new("--Sending:CacheFor=00:00:00.02");

    private SuspensionStore Suspensions => _gateway.Get<SuspensionStore>();

    public async ValueTask InitializeAsync() =>
        await _gateway.Council("mail", Some.EmailCouncil("mail", Two)).Council("other", Some.EmailCouncil("other")).StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Paused_council_gets_only_copies_and_others_are_unaffected()
    {
        var scope = new SuspensionScope("mail", "", "");
        await Suspensions.PauseAsync(scope, "moving house", "op", null, default);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report())).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("other", Some.Report())).Status);

        Assert.Equal(["copy@example.org", "highways@other.example"], (await _gateway.MailsAsync(2)).Select(To).Order(StringComparer.Ordinal));
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT attempts FROM delivery WHERE dest_key = 'email' AND state <> 2"));

        await Suspensions.ResumeAsync(scope, new Resumption(All: true, 0), "op", "moved", default);
        Assert.Contains("highways@mail.example", (await _gateway.MailsAsync(3)).Select(To));
    }

    [Fact]
    public async Task Paused_service_waits_and_others_of_the_back_end_continue()
    {
        var scope = new SuspensionScope("mail", "email", "POTHOLE");
        await Suspensions.PauseAsync(scope, "resurfacing", "op", null, default);
        await _gateway.PostAsync("mail", Some.Report("POTHOLE", more: ("attribute[SIZE]", "s")));
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));

        Assert.Contains("Odd code", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 0 AND hold = 1"));

        await Suspensions.ResumeAsync(scope, new Resumption(All: false, 0), "op", "one", default);
        await _gateway.MailsAsync(2);
        await _gateway.PostAsync("mail", Some.Report("POTHOLE", more: ("attribute[SIZE]", "l")));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 0 AND hold = 1") == 1, "the second report waits");
        await Suspensions.ResumeAsync(scope, new Resumption(All: true, 0), "op", "all", default);
        await _gateway.MailsAsync(3);
    }

    [Fact]
    public async Task Report_already_waiting_is_held_by_the_later_pause_of_its_service()
    {
        var council = new SuspensionScope("mail", "", "");
        await Suspensions.PauseAsync(council, "first", "op", null, default);
        await _gateway.PostAsync("mail", Some.Report("POTHOLE", more: ("attribute[SIZE]", "s")));
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));
        await Suspensions.PauseAsync(new SuspensionScope("mail", "", "POTHOLE"), "second", "op", null, default);
        await Suspensions.ResumeAsync(council, new Resumption(All: true, 0), "op", "", default);

        Assert.Contains("Odd code", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE hold = 1") == 1, "the report is on hold");
    }

    [Fact]
    public async Task Pause_with_an_end_time_ends_automatically_and_is_audited()
    {
        await Suspensions.PauseAsync(new SuspensionScope("mail", "email", ""), "a short one", "op", TimeProvider.System.GetUtcNow().AddSeconds(0.5), default);
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));

        await _gateway.MailsAsync(1);
        Assert.Equal(
            ["op pause sending paused a short one", "the gateway resume stopped sending resumed The end time of the pause was reached."],
            await _gateway.ListAsync<string>("SELECT CONCAT(who, ' ', action, ' ', before, ' ', after, ' ', why) FROM audit ORDER BY id"));
    }

    [Fact]
    public async Task Hold_without_an_active_pause_is_released()
    {
        await Suspensions.PauseAsync(new SuspensionScope("mail", "", ""), "all", "op", null, default);
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));
        // Simulates a report that was accepted just before the pause of its service ended.
        await _gateway.ReadAsync<long>("UPDATE delivery SET hold = 1; UPDATE suspension SET ended = 1; SELECT 1");

        await _gateway.MailsAsync(1);
    }

    [Fact]
    public async Task Pausing_twice_is_one_pause_with_the_latest_reason()
    {
        var scope = new SuspensionScope("mail", "", "");
        Assert.True(await Suspensions.PauseAsync(scope, "one", "op", null, default));
        Assert.False(await Suspensions.PauseAsync(scope, "two", "op", null, default));

        Assert.Equal("two", Assert.Single(await Suspensions.ListAsync(default)).Reason);
        Assert.True(await Suspensions.ResumeAsync(scope, new Resumption(All: true, 0), "op", "", default));
        Assert.False(await Suspensions.ResumeAsync(scope, new Resumption(All: true, 0), "op", "", default));
    }

    private static string To(string mail) => mail.Split('\n').First(l => l.StartsWith("To: ", StringComparison.Ordinal))[4..].Trim();
}
