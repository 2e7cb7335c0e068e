using System.Text.Json.Nodes;
using PluginGateway.Admin.SignIn;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>Eight in the morning: a back end has been failing since two, and three hundred reports wait.</summary>
public sealed class MorningTests
{
    private const int Kerbs = 270;
    private const int Lamps = 30;

    [Fact]
    public async Task An_operator_sees_it_in_one_sentence_and_puts_it_right()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        var clock = new ShiftedTimeProvider(new DateTimeOffset(2026, 11, 27, 2, 0, 0, TimeSpan.Zero));
        await using var council = await SimulatedCouncil.StartAsync(clock);
        council.Service.Always = Misbehaviour.ServerError;
        await using var gateway = new GatewayApp("--Sending:BreakerFirstWait=00:00:01").Clock(clock).Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator")
            .Council("bexley", council.File(WithMail));
        Built.Drop("Symology", gateway.Plugins);
        await gateway.StartAsync();
        for (var i = 0; i < Kerbs + Lamps; i++)
            Assert.Equal(200, (int)(await gateway.PostAsync("bexley", Some.Report(i < Kerbs ? "KERB" : "SUBWAY", $"r-{i}"))).Status);
        await Eventually.TrueAsync(async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM lane WHERE breaker = 1") == 1, "the breaker opens");
        clock.Set(new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero));

        using var browser = await Browser.SignedInAsync(gateway, "olive", Role.Operator);

        // One sentence.
        Assert.Matches(@"^300 reports do not get through\. London Borough of Bexley / symology: .+ since 02:00:\d\d\.$", browser.TextOf(".says"));
        Assert.Contains("breaker open, next probe", browser.Text);
        Assert.Empty(browser.Complaints());

        // Pause.
        browser.Click("London Borough of Bexley").Choose("backend", "symology", "pause").Type("Why", "they restart it at nine", "pause").Press("Pause");
        Assert.Contains("back end symology: paused.", browser.Text);
        Assert.Contains("Paused, back end symology", browser.Text);

        // Lamps by e-mail: what would happen first, then that.
        browser.Go("/admin/councils/bexley/send-method?service=SUBWAY").Choose("Send by", "email").Press("See what would happen");
        Assert.Contains("30 waiting reports move there at once.", browser.Text);
        Assert.Equal(0, LampMails());
        browser.Type("Why", "lamps cannot wait").Press("Send by email");
        Assert.Contains("SUBWAY: sent by email. 30 waiting reports moved.", browser.Text);
        await Eventually.TrueAsync(() => LampMails() == Lamps, $"{Lamps} mails, {LampMails()} so far");

        // One, and see.
        council.Service.Always = Misbehaviour.None;
        Assert.Empty(council.Service.Cases);
        browser.Go("/admin/councils/bexley").Choose("Resume", "one, and see", "sending-now").Type("Why", "is it back?", "sending-now").Press("Resume");
        await Eventually.TrueAsync(() => council.Service.Cases.Count == 1, "one case");

        // The rest at a rate.
        browser.Go("/admin/councils/bexley").Choose("Resume", "so many a minute", "sending-now").Type("A minute", "6000", "sending-now")
            .Type("Why", "it is back", "sending-now").Press("Resume");
        Assert.Contains("back end symology: 6000 a minute.", browser.Text);
        await Eventually.TrueAsync(() => council.Service.Cases.Count == Kerbs, $"{Kerbs} cases, {council.Service.Cases.Count} so far");

        // Green again.
        browser.Go("/admin");
        await browser.SeeAsync("Everything is all right: 300 reports were sent in the last 24 hours, and none waits.");
        Assert.Equal(1, browser.Count(".says.ok"));
        Assert.Equal(Lamps, LampMails());
        Assert.Equal(Kerbs, council.Service.Cases.Count);

        // And it can be read what was done, by whom and why.
        browser.Go("/admin/audit?council=bexley");
        foreach (var entry in (string[])
        [
            "olive pause bexley: back end symology open paused they restart it at nine",
            "olive send-method bexley: service SUBWAY symology email lamps cannot wait",
            "olive resume bexley: back end symology paused one let through is it back?",
            "olive resume bexley: back end symology paused 6000 a minute it is back",
            "the gateway resume bexley: back end symology closed open nothing waits any more",
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
