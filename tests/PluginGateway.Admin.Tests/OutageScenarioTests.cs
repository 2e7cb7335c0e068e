using System.Text.Json.Nodes;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests the work of an operator during an outage: a back end has been failing since 02:00, and 300 reports are waiting at 08:00.</summary>
public sealed class OutageScenarioTests
{
    private const int Kerbs = 270;
    private const int Lamps = 30;

    [Fact]
    public async Task Outage_is_shown_and_all_reports_are_sent_by_an_operator()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        var clock = new ShiftedTimeProvider(new DateTimeOffset(2026, 11, 27, 2, 0, 0, TimeSpan.Zero));
        await using var council = await SimulatedCouncil.StartAsync(clock);
        council.Service.Always = Misbehaviour.ServerError;
        await using var gateway = new GatewayApp(
            "--Sending:BreakerFirstWait=00:00:01", "--Sending:FinderFirst=00:00:01", "--Sending:FinderAgain=00:00:01")
            .Clock(clock).Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator")
            .Council("bexley", council.File(WithMail));
        Built.Drop("Symology", gateway.Plugins);
        await gateway.StartAsync();
        for (var i = 0; i < Kerbs + Lamps; i++)
            Assert.Equal(200, (int)(await gateway.PostAsync("bexley", Some.Report(i < Kerbs ? "KERB" : "SUBWAY", $"r-{i}"))).Status);
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM lane WHERE breaker = 1") == 1, "the breaker opens");
        clock.Set(new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero));

        using var browser = await Browser.SignedInAsync(gateway, "olive", Role.Operator);

        // The summary.
        Assert.Equal(
            "300 reports are not getting through. All are for London Borough of Bexley (symology): its system has been failing since 02:00.",
            browser.TextOf(".says"));
        Assert.Contains("Sending stopped after repeated failures; next attempt", browser.Text);
        Assert.Empty(browser.Violations());

        // Pause.
        browser.Click("London Borough of Bexley").Choose("backend", "symology", "pause").Type("Reason", "they restart it at nine", "pause").Press("Pause");
        Assert.Contains("Paused: back end symology.", browser.Text);
        Assert.Contains("Paused, back end symology", browser.Text);

        // Send the lamps by e-mail, after a preview.
        browser.Go("/admin/councils/bexley/send-method?service=SUBWAY").Choose("Send through", "email").Press("Preview");
        Assert.Contains("30 waiting reports are moved there immediately.", browser.Text);
        Assert.Equal(0, LampMails());
        browser.Type("Reason", "lamps cannot wait").Press("Send through email");
        Assert.Contains("Send method of SUBWAY: email. 30 waiting reports moved.", browser.Text);
        await Eventually.TrueAsync(() => LampMails() == Lamps, $"{Lamps} mails, {LampMails()} so far");

        // Send one as a test.
        council.Service.Always = Misbehaviour.None;
        Assert.Empty(council.Service.Cases);
        browser.Go("/admin/councils/bexley").Choose("Resume", "Send one as a test", "sending-now").Type("Reason", "is it back?", "sending-now").Press("Resume");
        await Eventually.TrueAsync(() => council.Service.Cases.Count == 1, "one case");

        // Send the others at a limited rate.
        browser.Go("/admin/councils/bexley").Choose("Resume", "Limited rate", "sending-now").Type("Per minute", "6000", "sending-now")
            .Type("Reason", "it is back", "sending-now").Press("Resume");
        Assert.Contains("Sending resumed at 6000 per minute: back end symology.", browser.Text);
        await Eventually.TrueAsync(() => council.Service.Cases.Count == Kerbs, $"{Kerbs} cases, {council.Service.Cases.Count} so far");

        // Everything works again.
        browser.Go("/admin");
        await browser.ReloadUntilAsync("Everything is working: 300 reports were sent in the last 24 hours, and none are waiting.");
        Assert.Equal(1, browser.Count(".says.ok"));
        Assert.Equal(Lamps, LampMails());
        Assert.Equal(Kerbs, council.Service.Cases.Count);

        // The audit log shows every action with its user and reason.
        browser.Go("/admin/audit?council=bexley");
        foreach (var entry in (string[])
        [
            "olive pause bexley: back end symology sending paused they restart it at nine",
            "olive send-method bexley: service SUBWAY symology email lamps cannot wait",
            "olive resume bexley: back end symology paused one report let through as a test is it back?",
            "olive resume bexley: back end symology paused limited to 6000 per minute it is back",
            "the gateway resume bexley: back end symology stopped sending resumed No more deliveries are waiting.",
        ])
            Assert.Contains(entry, browser.Text);

        int LampMails() => gateway.Mails().Count(m => m.Contains("To: lamps@bexley.example", StringComparison.Ordinal));
    }

    private static void WithMail(JsonNode file)
    {
        file["mode"] = "queued";
        file["backends"]!["email"] = new JsonObject { ["adapter"] = "email", ["settings"] = new JsonObject { ["to"] = "lamps@bexley.example" } };
    }
}
