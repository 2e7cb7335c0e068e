using System.Net;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>What is paused waits, what is not goes on, and clients notice nothing.</summary>
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
    public async Task A_paused_council_gets_copies_only_and_others_get_theirs()
    {
        var scope = new SuspensionScope("mail", "", "");
        await Suspensions.PauseAsync(scope, "moving house", "op", null, default);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report())).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("other", Some.Report())).Status);

        Assert.Equal(["copy@example.org", "highways@other.example"], (await _gateway.MailsAsync(2)).Select(To).Order(StringComparer.Ordinal));
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT tries FROM delivery WHERE dest_key = 'email' AND state <> 2"));

        await Suspensions.ResumeAsync(scope, new Resumption(All: true, 0), "op", "moved", default);
        Assert.Contains("highways@mail.example", (await _gateway.MailsAsync(3)).Select(To));
    }

    [Fact]
    public async Task A_paused_service_waits_and_the_others_of_its_back_end_go_on()
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
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 0 AND hold = 1") == 1, "the second waits");
        await Suspensions.ResumeAsync(scope, new Resumption(All: true, 0), "op", "all", default);
        await _gateway.MailsAsync(3);
    }

    [Fact]
    public async Task What_waited_before_the_pause_of_its_service_waits_on()
    {
        var council = new SuspensionScope("mail", "", "");
        await Suspensions.PauseAsync(council, "first", "op", null, default);
        await _gateway.PostAsync("mail", Some.Report("POTHOLE", more: ("attribute[SIZE]", "s")));
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));
        await Suspensions.PauseAsync(new SuspensionScope("mail", "", "POTHOLE"), "second", "op", null, default);
        await Suspensions.ResumeAsync(council, new Resumption(All: true, 0), "op", "", default);

        Assert.Contains("Odd code", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE hold = 1") == 1, "held at its gate");
    }

    [Fact]
    public async Task A_pause_with_an_end_ends_by_itself_and_is_on_record()
    {
        await Suspensions.PauseAsync(new SuspensionScope("mail", "email", ""), "a short one", "op", TimeProvider.System.GetUtcNow().AddSeconds(0.5), default);
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));

        await _gateway.MailsAsync(1);
        Assert.Equal(
            ["op pause open paused a short one", "the gateway resume closed open its time has come"],
            await _gateway.ListAsync<string>("SELECT CONCAT(who, ' ', action, ' ', before, ' ', after, ' ', why) FROM audit ORDER BY id"));
    }

    [Fact]
    public async Task A_gate_that_no_pause_shuts_any_more_opens_however_that_came_about()
    {
        await Suspensions.PauseAsync(new SuspensionScope("mail", "", ""), "all", "op", null, default);
        await _gateway.PostAsync("mail", Some.Report("A/B c.d"));
        // An accept that saw the pause of its service a moment before it ended.
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
