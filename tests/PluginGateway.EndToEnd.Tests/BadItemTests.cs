using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests lists of a council in which some items cannot be used: the others are, and the log says what was skipped.</summary>
public sealed class BadItemTests : Open311CouncilTests
{
    private const string Definition =
        "<service_definition><service_code>B</service_code><attributes><attribute><variable>true</variable><code>SIZE</code><datatype>string</datatype>"
            + "<required>false</required><order>1</order></attribute></attributes></service_definition>";

    [Theory]
    [Trait("Case", "21-metadata-empty")]
    [InlineData(200, "")]
    [InlineData(200, "<html><body>Sorry</body></html>")]
    [InlineData(404, "")]
    [InlineData(500, "<errors><error><code>500</code><description>oops</description></error></errors>")]
    public async Task Service_whose_definition_cannot_be_read_is_published_without_questions(int status, string body)
    {
        Publish(status, body);
        await StartAsync();

        Assert.Equal(["A", "B"], await CodesAsync());
        Assert.Equal(["fixmystreet_id"], await QuestionsAsync("A"));
        Assert.Equal(["SIZE", "fixmystreet_id"], await QuestionsAsync("B"));
    }

    [Fact]
    public async Task Questions_that_were_read_last_are_kept_until_they_can_be_read_again()
    {
        Publish(200, Definition.Replace(">B<", ">A<", StringComparison.Ordinal));
        await StartAsync();
        Assert.Equal(["SIZE", "fixmystreet_id"], await QuestionsAsync("A"));
        var catalogues = Gateway.Get<ServiceCatalogues>();
        var council = Gateway.Get<CouncilDirectory>().Current.Find("c")!;
        Assert.True(await catalogues.RefreshAsync(council, default));

        Publish(404, "");
        Assert.False(await catalogues.RefreshAsync(council, default), "The definition is not read again soon.");
        Assert.Equal(["SIZE", "fixmystreet_id"], await QuestionsAsync("A"));

        Publish(200, Definition.Replace(">B<", ">A<", StringComparison.Ordinal).Replace("SIZE", "DEPTH", StringComparison.Ordinal));
        Assert.True(await catalogues.RefreshAsync(council, default));
        Assert.Equal(["DEPTH", "fixmystreet_id"], await QuestionsAsync("A"));
    }

    [Fact]
    public async Task Service_that_is_listed_twice_or_has_no_code_does_not_hide_the_others()
    {
        Council.Pages["services.xml"] = static http => http.Response.WriteAsync(
            "<services><service><service_code>A</service_code><service_name>First</service_name></service>"
                + "<service><service_code>A</service_code><service_name>Second</service_name></service>"
                + "<service><service_code/><service_name>Nameless</service_name></service>"
                + "<service><service_code>B</service_code><service_name>Other</service_name></service></services>");
        await StartAsync();

        Assert.Equal(["A", "B"], await CodesAsync());
        Assert.Equal("First", (await Gateway.GetAsync("services.xml?jurisdiction_id=c")).Xml.Elements("service").First().Element("service_name")!.Value);
    }

    [Fact]
    [Trait("Case", "17-update-dates")]
    public async Task Updates_with_dates_that_cannot_be_read_reach_the_client()
    {
        var happened = TimeProvider.System.GetUtcNow().AddMinutes(-2);
        string[] dates = [$"{happened:yyyy-MM-dd HH:mm:ss} UTC", happened.ToString("dd/MM/yyyy HH:mm", CultureInfo.InvariantCulture), "", "soon"];
        var collections = 0;
        Council.Pages["servicerequestupdates.xml"] = http =>
        {
            Interlocked.Increment(ref collections);
            return http.Response.WriteAsync(
                "<service_request_updates>"
                    + string.Concat(dates.Select((d, i) => Update($"u{i}", d, $"text {i}")))
                    + Update("", $"{happened:yyyy-MM-ddTHH:mm:ssZ}", "without an id") + Update("", "", "neither id nor date") + "</service_request_updates>");
        };
        await StartAsync();

        var updates = await Eventually.GetAsync(
            async () => (await Gateway.GetAsync($"servicerequestupdates.xml?jurisdiction_id=c&api_key={GatewayApp.Key}")).Xml.Elements("request_update").ToList() is { Count: >= 5 } all
                ? all : null,
            "the updates");

        Assert.Equal(
            ["text 0", "text 1", "text 2", "text 3", "without an id"],
            updates.Select(u => u.Element("description")!.Value).Order(StringComparer.Ordinal));
        Assert.All(updates, u => Assert.NotEmpty(u.Element("update_id")!.Value));
        // Collected again, they are the same updates.
        var before = collections;
        await Eventually.TrueAsync(() => collections > before + 1, "they are collected again");
        Assert.Equal(5, (await Gateway.GetAsync($"servicerequestupdates.xml?jurisdiction_id=c&api_key={GatewayApp.Key}")).Xml.Elements("request_update").Count());

        static string Update(string id, string date, string text) =>
            $"<request_update><update_id>{id}</update_id><service_request_id>9</service_request_id><status>OPEN</status>"
                + $"<updated_datetime>{date}</updated_datetime><description>{text}</description></request_update>";
    }

    [Fact]
    public async Task Report_without_an_id_does_not_hide_the_others()
    {
        Council.Pages["requests.xml"] = static http => http.Response.WriteAsync(
            "<service_requests><request><status>open</status></request><request><service_request_id>7</service_request_id><status>closed</status></request>"
                + "</service_requests>");
        await StartAsync();

        var reply = await Gateway.GetAsync($"requests/7.xml?jurisdiction_id=c&api_key={GatewayApp.Key}");

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal("closed", reply.Xml.Element("request")!.Element("status")!.Value);
    }

    [Fact]
    public async Task Exact_status_is_sent_to_clients_that_ask_for_it()
    {
        Council.Pages["requests.xml"] = static http => http.Response.WriteAsync(
            "<service_requests><request><service_request_id>7</service_request_id><status>duplicate</status></request></service_requests>");
        await StartAsync();
        await Gateway.Get<ApiKeys>().AddAsync("another site", "exact", [], ApiKeys.Reports, ClientProfile.Statuses, null, default);

        Assert.Equal("closed", await StatusAsync($"&api_key={GatewayApp.Key}"));
        Assert.Equal("duplicate", await StatusAsync($"&api_key={GatewayApp.Key}&extended_statuses=true"));
        Assert.Equal("duplicate", await StatusAsync("&api_key=exact"));
        Assert.Equal("duplicate", await StatusAsync("&api_key=exact&extensions=true"));

        async Task<string> StatusAsync(string more) =>
            (await Gateway.GetAsync($"requests/7.xml?jurisdiction_id=c{more}")).Xml.Element("request")!.Element("status")!.Value;
    }

    private void Publish(int status, string definitionOfA)
    {
        Council.Pages["services.xml"] = static http => http.Response.WriteAsync(
            "<services><service><service_code>A</service_code><service_name>T</service_name><metadata>true</metadata></service>"
                + "<service><service_code>B</service_code><service_name>O</service_name><metadata>true</metadata></service></services>");
        Council.Pages["A.xml"] = http =>
        {
            http.Response.StatusCode = status;
            return http.Response.WriteAsync(definitionOfA);
        };
        Council.Pages["B.xml"] = static http => http.Response.WriteAsync(Definition);
    }

    private async Task<IEnumerable<string>> CodesAsync() =>
        (await Gateway.GetAsync("services.xml?jurisdiction_id=c")).Xml.Elements("service").Select(s => s.Element("service_code")!.Value);

    private async Task<IEnumerable<string>> QuestionsAsync(string service) =>
        (await Gateway.GetAsync($"services/{service}.xml?jurisdiction_id=c")).Xml.Descendants("attribute").Select(a => a.Element("code")!.Value);
}
