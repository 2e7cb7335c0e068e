using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>What an operator does to a council, in a browser; and what comes of it.</summary>
public sealed class CouncilActionTests(OperatorWorld world) : IClassFixture<OperatorWorld>
{
    private const string Page = "/admin/councils/bexley";

    [Fact]
    public async Task A_service_is_paused_until_a_time_and_resumed()
    {
        Open().Choose("backend", "symology", "pause").Type("service", "SIGN", "pause").Type("until", "2099-01-31T08:00", "pause")
            .Type("Why", "new signs", "pause").Press("Pause");
        Assert.Contains("Paused, back end symology, service SIGN", world.Browser.Text);
        Assert.Contains("Opens by itself 31 Jan 2099 08:00", world.Browser.Text);

        var waits = await world.ReportAsync("paused-sign", state: 0, "A bent sign", "SIGN");
        var kerb = await world.ReportAsync("not-paused", state: 2);
        Assert.NotEqual(waits, kerb);
        Assert.StartsWith("Sending is closed since", world.Browser.Go($"/admin/reports/{waits}").TextOf(".says"));
        Assert.DoesNotContain(world.Council.Service.Cases, c => c.Request["Description"].Contains("A bent sign", StringComparison.Ordinal));

        Open().Choose("Resume", "all", "sending-now").Type("Why", "they stand", "sending-now").Press("Resume");
        await world.SentAsync(waits);
        Assert.Single(world.Council.Service.Cases, c => c.Request["Description"].Contains("A bent sign", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pause_that_would_be_over_is_refused()
    {
        Open().Type("until", "2001-01-31T08:00", "pause").Type("Why", "a test", "pause").Press("Pause");

        Assert.Contains("The end of the pause is a time to come.", world.Browser.Text);
        Assert.DoesNotContain("Paused, all back ends", world.Browser.Text);
    }

    [Fact]
    public async Task A_connection_is_tested_when_it_works_and_when_it_does_not()
    {
        Open().Press("Test connection to symology");
        Assert.Contains("symology answers; it took", world.Browser.Text);

        await world.Council.DisposeAsync();
        try
        {
            Open().Press("Test connection to symology");
            Assert.Contains("symology does not work: ", world.Browser.Text);
        }
        finally
        {
            await world.Council.SwitchOnAsync();
        }
    }

    [Fact]
    public async Task All_of_a_council_and_one_service_are_sent_another_way_and_back()
    {
        Open().Choose("Send by", "email").Press("See what would happen");
        Assert.Contains("No waiting report moves.", world.Browser.Text);
        world.Browser.Type("Why", "a test of mail").Press("Send by email");
        Assert.Contains("Reports are sent by email, chosen by ada: a test of mail", world.Browser.Text);
        await world.ReportAsync("all-mail", state: 2, "To the desk with it");
        Assert.Single(world.Mails(), m => m.Contains("To the desk with it", StringComparison.Ordinal));

        world.Browser.Go($"{Page}/services").Click("BEACON is sent by email: change").Choose("Send by", "symology").Press("See what would happen")
            .Type("Why", "beacons go the old way").Press("Send by symology");
        await world.ReportAsync("beacon", state: 2, "The beacon is dark", "BEACON");
        Assert.Single(world.Council.Service.Cases, c => c.Request["Description"].Contains("The beacon is dark", StringComparison.Ordinal));

        Open().Choose("Send by", "symology").Press("See what would happen").Type("Why", "enough").Press("Send by symology");
        world.Browser.Go($"{Page}/send-method?service=BEACON").Choose("Send by", "as for the council").Press("See what would happen").Type("Why", "as all")
            .Press("Send by symology");
        Assert.Equal(0, await world.Gateway.ReadAsync<int>("SELECT COUNT(*) FROM route WHERE service <> ''"));
        Assert.Empty(world.Browser.Complaints());
    }

    [Fact]
    public async Task Services_that_vanished_are_let_go()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        await using var stub = await StubOpen311.StartAsync();
        await using var gateway = new GatewayApp().Council("one", Some.Open311Council("one", stub.Endpoint));
        Built.Drop("Open311", gateway.Plugins);
        await gateway.StartAsync();
        using var browser = await Browser.SignedInAsync(gateway, "olga", Role.Operator);
        Assert.Contains("POTHOLE", browser.Go("/admin/councils/one/services").Text);
        stub.Pages["services.xml"] = static http =>
            http.Response.WriteAsync(
                "<services><service><service_code>BIN</service_code><service_name>Missed bin</service_name><metadata>false</metadata></service></services>");
        await gateway.Get<ServiceCatalogues>().RefreshAsync(gateway.Get<CouncilDirectory>().Current.Find("one")!, default);

        browser.Go("/admin/councils/one/services");
        Assert.Contains("1 service is missing from the catalogue of open311, in 1 reading, and served all the same", browser.Text);
        Assert.Empty(browser.Complaints());
        browser.Type("Why", "they rang").Press("They are really gone: stop publishing them");

        Assert.Contains("No longer published: POTHOLE", browser.Text);
        await Eventually.TrueAsync(
            async () => !(await gateway.GetAsync("services.xml?jurisdiction_id=one")).Body.Contains("POTHOLE", StringComparison.Ordinal),
            "clients see it no more");
    }

    [Fact]
    public async Task A_document_with_bad_rows_is_looked_at_and_read_again()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        await world.Gateway.Get<ApiKeys>().AddAsync("the council", "upload", [], ApiKeys.Documents, ClientProfile.None, null, default);
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(SymologyExports.Header(SymologyExports.Names.First()) + "\nno,such,row\n"));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Gateway.Address, "/documents/bexley/symology?name=bad-rows.csv"))
        {
            Content = content,
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "upload");
        using var response = await world.Gateway.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        await Eventually.TrueAsync(
            async () => await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'bad-rows.csv' AND read_at > 0") == 1, "it is read");

        world.Browser.Go($"{Page}/documents").Click("bad-rows.csv");
        Assert.Contains("Rows that could not be used", world.Browser.Text);
        Assert.Empty(world.Browser.Complaints());
        world.Browser.Press("Read it again");

        Assert.Contains("The gateway reads it in a few seconds.", world.Browser.Text);
        await Eventually.TrueAsync(
            async () => await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'bad-rows.csv' AND again = 0 AND state <> 1") == 1,
            "it is read again");
    }

    [Fact]
    public void The_page_has_limits_the_file_and_what_was_changed()
    {
        Open().Unfold("The file");

        Assert.Contains("4 calls at a time", world.Browser.Text);
        Assert.Contains("bexley.json", world.Browser.Text);
        Assert.Contains("${secret:BEXLEY_SYMOLOGY_PASSWORD}", world.Browser.Text);
        Assert.Empty(world.Browser.Complaints());
    }

    private Browser Open()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        return world.Browser.Go(Page);
    }
}
