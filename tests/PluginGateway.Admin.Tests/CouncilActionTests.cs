using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests an operator's actions on a council in a browser, and their effects.</summary>
public sealed class CouncilActionTests(OperatorWorld world) : IClassFixture<OperatorWorld>
{
    private const string Page = "/admin/councils/bexley";

    [Fact]
    public async Task A_service_is_paused_until_a_time_and_resumed()
    {
        Open().Choose("backend", "symology", "pause").Type("service", "SIGN", "pause").Type("until", "2099-01-31T08:00", "pause")
            .Type("Reason", "new signs", "pause").Press("Pause");
        Assert.Contains("Paused, back end symology, service SIGN", world.Browser.Text);
        Assert.Contains("Resumes automatically at 31 Jan 2099 08:00", world.Browser.Text);

        var waits = await world.ReportAsync("paused-sign", state: 0, "A bent sign", "SIGN");
        var kerb = await world.ReportAsync("not-paused", state: 2);
        Assert.NotEqual(waits, kerb);
        Assert.StartsWith("Not sent: paused by ada since", world.Browser.Go($"/admin/reports/{waits}").TextOf(".says"));
        Assert.DoesNotContain(world.Council.Service.Cases, c => c.Request["Description"].Contains("A bent sign", StringComparison.Ordinal));

        Open().Choose("Resume", "Without a limit", "sending-now").Type("Reason", "they are installed", "sending-now").Press("Resume");
        await world.SentAsync(waits);
        Assert.Single(world.Council.Service.Cases, c => c.Request["Description"].Contains("A bent sign", StringComparison.Ordinal));
    }

    [Fact]
    public void A_pause_with_an_end_in_the_past_is_refused()
    {
        Open().Type("until", "2001-01-31T08:00", "pause").Type("Reason", "a test", "pause").Press("Pause");

        Assert.Contains("Choose an end time in the future.", world.Browser.Text);
        Assert.DoesNotContain("Paused, all back ends", world.Browser.Text);
    }

    [Fact]
    public async Task A_connection_test_reports_success_and_failure()
    {
        Open().Press("Test connection to symology");
        Assert.Matches(
            @"symology answered in \d+ ms\. The test searches for a request that does not exist, with the credentials .+\. No report was sent\.",
            world.Browser.Text);

        await world.Council.DisposeAsync();
        try
        {
            Open().Press("Test connection to symology");
            Assert.Contains("Testing symology failed: ", world.Browser.Text);
        }
        finally
        {
            await world.Council.SwitchOnAsync();
        }
    }

    [Fact]
    public async Task The_send_methods_of_a_council_and_a_service_are_changed_and_changed_back()
    {
        Open().Choose("Send through", "email").Press("Preview");
        Assert.Contains("No waiting reports are moved.", world.Browser.Text);
        world.Browser.Type("Reason", "a test of mail").Press("Send through email");
        Assert.Contains("Reports are sent through email, chosen by ada: a test of mail", world.Browser.Text);
        await world.ReportAsync("all-mail", state: 2, "To the desk with it");
        Assert.Single(world.Mails(), m => m.Contains("To the desk with it", StringComparison.Ordinal));

        world.Browser.Go($"{Page}/services").Click("BEACON is sent through email: change").Choose("Send through", "symology").Press("Preview")
            .Type("Reason", "beacons go the old way").Press("Send through symology");
        await world.ReportAsync("beacon", state: 2, "The beacon is dark", "BEACON");
        Assert.Single(world.Council.Service.Cases, c => c.Request["Description"].Contains("The beacon is dark", StringComparison.Ordinal));

        Open().Choose("Send through", "symology").Press("Preview").Type("Reason", "enough").Press("Send through symology");
        world.Browser.Go($"{Page}/send-method?service=BEACON").Choose("Send through", "Same as the council").Press("Preview").Type("Reason", "as all")
            .Press("Send through symology");
        Assert.Equal(0, await world.Gateway.ReadAsync<int>("SELECT COUNT(*) FROM route WHERE service <> ''"));
        Assert.Empty(world.Browser.Violations());

        Open().Choose("Send through", "As in the council file").Press("Preview").Type("Reason", "as agreed");
        world.Browser.Press("Send through symology");
        Assert.Contains("as configured in the council file", world.Browser.Text);
        Assert.Equal(0, await world.Gateway.ReadAsync<int>("SELECT COUNT(*) FROM route"));
        await world.ReportAsync("as-the-file-says", state: 2, "As the file says");
        Assert.Single(world.Council.Service.Cases, c => c.Request["Description"].Contains("As the file says", StringComparison.Ordinal));
        // What really happened stands beside the connection test, a few seconds later.
        await Open().ReloadUntilAsync("Last report: accepted at");
    }

    [Fact]
    public async Task Missing_services_are_removed_on_request()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
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
        Assert.Contains("1 service is missing from the catalogue of open311 (reads so far: 1). Missing services are still published", browser.Text);
        Assert.Empty(browser.Violations());
        browser.Type("Reason", "they rang").Press("Stop publishing them");

        Assert.Contains("No longer published: POTHOLE", browser.Text);
        await Eventually.TrueAsync(
            async () => !(await gateway.GetAsync("services.xml?jurisdiction_id=one")).Body.Contains("POTHOLE", StringComparison.Ordinal),
            "clients no longer see it");
    }

    [Fact]
    public async Task Council_whose_file_was_deleted_is_removed_on_request()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        await using var gateway = new GatewayApp().Council("one", Some.EmailCouncil("one")).Council("two", Some.EmailCouncil("two"));
        await gateway.StartAsync();
        await Eventually.TrueAsync(
            async () => (await gateway.Get<StoredCouncilFiles>().ListAsync(default)).Count == 2, "the council files are stored");
        using var browser = await Browser.SignedInAsync(gateway, "olga", Role.Operator);
        gateway.RemoveCouncil("one");
        await gateway.Get<CouncilDirectory>().ScanAsync(default);

        browser.Go("/admin").Click("Council of one");
        Assert.Contains("its file one.json is missing or cannot be used", browser.Text);
        Assert.Empty(browser.Violations());
        browser.Type("Reason", "they left").Press("Remove the council");

        Assert.Contains("Council of one was removed. Its calls are answered with status 404.", browser.Text);
        await Eventually.TrueAsync(
            async () => (await gateway.GetAsync("services.xml?jurisdiction_id=one")).Status == System.Net.HttpStatusCode.NotFound, "clients are told");
        Assert.DoesNotContain("one.json", browser.Go("/admin").Text);
    }

    [Fact]
    public async Task A_document_with_invalid_rows_is_shown_and_read_again()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
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
        Assert.Contains("Invalid rows", world.Browser.Text);
        Assert.Empty(world.Browser.Violations());
        world.Browser.Press("Read again");

        Assert.Contains("The gateway will read the document again in a few seconds.", world.Browser.Text);
        await Eventually.TrueAsync(
            async () => await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM document WHERE name = 'bad-rows.csv' AND again = 0 AND state <> 1") == 1,
            "it is read again");
    }

    [Fact]
    public void The_page_shows_the_limits_the_file_and_no_secrets()
    {
        Open().Expand("Show the file");

        Assert.Contains("4 concurrent calls", world.Browser.Text);
        Assert.Contains("bexley.json", world.Browser.Text);
        Assert.Contains("${secret:BEXLEY_SYMOLOGY_PASSWORD}", world.Browser.Text);
        Assert.Empty(world.Browser.Violations());
    }

    private Browser Open()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        return world.Browser.Go(Page);
    }
}
