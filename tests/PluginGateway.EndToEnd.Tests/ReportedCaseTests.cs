using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests inputs that failed in similar projects, through the whole gateway: the form of a client, the answer of a council's Open311
/// endpoint, and what the client and the council finally get.
/// </summary>
public sealed class ReportedCaseTests : Open311CouncilTests
{
    [Theory]
    [Trait("Case", "13-xml-windows-1252")]
    [InlineData(
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?><service_requests><request><service_request_id>W1</service_request_id>"
            + "<service_notice>Council\u0092s team</service_notice></request></service_requests>",
        "W1", "Council’s team")]
    [Trait("Case", "15-bad-character-in-xml")]
    [InlineData(
        "<service_requests><request><service_request_id>CC</service_request_id><service_notice>Thank you\u0003bye, Parks & Gardens, &nbsp;"
            + "</service_notice></request></service_requests>",
        "CC", "Thank youbye, Parks & Gardens,")]
    [Trait("Case", "24-json-for-xml")]
    [InlineData("[{\"service_request_id\": 12345}]", "12345", null)]
    public async Task Id_in_a_nonstandard_answer_reaches_the_client(string body, string id, string? notice)
    {
        await AnswersAsync(Encoding.Latin1.GetBytes(body), "text/xml");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "1"));

        Assert.Equal(id, answer.Id);
        Assert.Equal(notice, answer.Xml.Descendants("service_notice").SingleOrDefault()?.Value.Trim());
        Assert.Single(Council.Posts);
    }

    [Theory]
    [Trait("Case", "23-200-with-errors")]
    [InlineData(200, "<errors><error><code>400</code><description>lat is outside the city</description></error></errors>")]
    [Trait("Case", "24-json-for-xml")]
    [InlineData(400, "[{\"code\":400,\"description\":\"lat is outside the city\"}]")]
    public async Task Refusal_in_a_nonstandard_answer_reaches_the_client(int status, string body)
    {
        await AnswersAsync(Encoding.UTF8.GetBytes(body), "text/xml", status);

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "1"));

        Assert.Equal((HttpStatusCode.BadRequest, "lat is outside the city"), (answer.Status, answer.Errors.Single()));
        await State(5);
    }

    [Fact]
    [Trait("Case", "11-token-404")]
    public async Task Token_without_an_id_is_queried_again_later()
    {
        var isNumbered = false;
        Council.Pages["tok-1.xml"] = http =>
        {
            http.Response.StatusCode = isNumbered ? 200 : 404;
            return http.Response.WriteAsync(
                isNumbered
                    ? "<service_requests><request><token>tok-1</token><service_request_id>9</service_request_id></request></service_requests>"
                    : "<errors><error><code>404</code><description>No service request for this token yet</description></error></errors>");
        };
        await AnswersAsync("<service_requests><request><token>tok-1</token></request></service_requests>"u8.ToArray(), "text/xml");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "1"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        isNumbered = true;
        // The token is asked again after 30 s; the test does not wait for that.
        await Gateway.Get<PluginGateway.Core.Storage.IDatabase>().WriteAsync(db => db.ExecuteAsync("UPDATE delivery SET due = 0"), default);
        await Delivered();
        Assert.Equal("9", await Gateway.ReadAsync<string>("SELECT backend_id FROM delivery"));
        Assert.Single(Council.Posts);
    }

    [Fact]
    [Trait("Case", "12-blackbox")]
    public async Task Report_to_a_blackbox_service_is_sent_without_an_id()
    {
        Council.Pages["services.xml"] = http => http.Response.WriteAsync(
            "<services><service><service_code>A</service_code><service_name>T</service_name><metadata>false</metadata><type>blackbox</type></service></services>");
        await AnswersAsync("<service_requests><request><service_notice>Thank you</service_notice></request></service_requests>"u8.ToArray(), "text/xml");

        var answer = await Gateway.PostAsync("c", Some.Report("A", "1"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        Assert.Equal("Thank you", answer.Xml.Descendants("service_notice").Single().Value);
        await Delivered();
        Assert.Single(Council.Posts);
    }

    [Fact]
    [Trait("Case", "19-data-uri-photo")]
    public async Task Picture_within_an_update_is_served_as_a_link()
    {
        Council.Pages["servicerequestupdates.xml"] = http => http.Response.WriteAsync(
            $"""
            <service_request_updates><request_update><update_id>1</update_id><service_request_id>9</service_request_id><status>OPEN</status>
            <updated_datetime>{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}</updated_datetime><description>See the picture</description>
            <title>Inspected</title><email_text>We inspected it.</email_text><extras><category>Roads</category></extras>
            <media_url>data:image/png;base64,iVBORw0KGgo=</media_url></request_update></service_request_updates>
            """);
        await StartAsync();

        var update = await Eventually.GetAsync(
            async () => (await Gateway.GetAsync($"servicerequestupdates.xml?jurisdiction_id=c&api_key={GatewayApp.Key}")).Xml.Element("request_update"), "an update");

        Assert.Equal(
            ("Inspected", "We inspected it.", "Roads"),
            (update.Element("title")!.Value, update.Element("email_text")!.Value, update.Element("extras")!.Element("category")!.Value));
        using var picture = await Gateway.Http.GetAsync(new Uri(update.Element("media_url")!.Value));
        Assert.Equal((HttpStatusCode.OK, "image/png"), (picture.StatusCode, picture.Content.Headers.ContentType!.MediaType));
        Assert.Equal("iVBORw0KGgo=", Convert.ToBase64String(await picture.Content.ReadAsByteArrayAsync()));
        Assert.Equal(HttpStatusCode.NotFound, (await Gateway.GetAsync($"media/{new string('0', 64)}.png?jurisdiction_id=c")).Status);
    }

    [Fact]
    [Trait("Case", "20-same-update-id-new-state")]
    public async Task Update_with_a_known_id_and_another_state_is_passed_on_in_both_directions()
    {
        var status = "investigating";
        Council.Pages["servicerequestupdates.xml"] = http => http.Response.WriteAsync(
            "<service_request_updates><request_update><update_id>w1</update_id><service_request_id>9</service_request_id>"
                + $"<status>{status}</status><updated_datetime>{TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ}</updated_datetime></request_update></service_request_updates>");
        await StartAsync();

        await StatusesAsync("investigating");
        status = "fixed";
        await StatusesAsync("investigating,fixed");

        var id = (await Gateway.PostAsync("c", Some.Report(reference: "1"))).Id;
        foreach (var next in new[] { "OPEN", "FIXED", "FIXED" })
            Assert.Equal(
                HttpStatusCode.OK,
                (await Gateway.PostAsync(
                    "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", "u1"), ("status", next), ("description", ""))).Status);
        await Eventually.TrueAsync(() => Council.Updates.Count >= 2, "two updates");
        Assert.Equal(["OPEN", "FIXED"], Council.Updates.Select(u => u["status"].ToString()));

        Task StatusesAsync(string expected) => Eventually.TrueAsync(
            async () => string.Join(',', (await Gateway.GetAsync($"servicerequestupdates.xml?jurisdiction_id=c&api_key={GatewayApp.Key}")).Xml.Descendants("status").Select(s => s.Value))
                == expected,
            $"updates {expected}");
    }

    [Fact]
    public async Task Fields_of_an_update_reach_the_council_unchanged()
    {
        await StartAsync();
        var id = (await Gateway.PostAsync("c", Some.Report(reference: "1"))).Id;

        var answer = await Gateway.PostAsync(
            "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", "4711"), ("status", "OPEN"), ("description", ""),
            ("service_code", "BIN"), ("service_request_id_ext", "123"), ("title", "Mr"), ("email_text", "Hello"), ("extras[category]", "Trees"),
            ("extras", "{\"group\":\"Roads\"}"), ("public_anonymity_required", "TRUE"), ("first_name", "-"), ("attribute[fms_extra_x]", "1"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await Eventually.TrueAsync(() => !Council.Updates.IsEmpty, "an update");
        var sent = Council.Updates.Single();
        Assert.Equal(
            ["CASE-1", "4711", "OPEN", "", "BIN", "123", "Mr", "Hello", "Trees", "{\"group\":\"Roads\"}", "TRUE", "1"],
            new[]
            {
                "service_request_id", "update_id", "status", "description", "service_code", "service_request_id_ext", "title", "email_text",
                "extras[category]", "extras", "public_anonymity_required", "attribute[fms_extra_x]",
            }.Select(f => sent[f].ToString()));
        Assert.True(sent.ContainsKey("description"));
        Assert.DoesNotContain("first_name", sent.Keys);
    }

    [Theory]
    [Trait("Case", "50-form-charset")]
    [InlineData("application/x-www-form-urlencoded; charset=ISO-8859-1", "&description=M%FCller%20Stra%DFe")]
    [InlineData("application/x-www-form-urlencoded", "&_charset_=ISO-8859-1&description=M%FCller%20Stra%DFe")]
    public async Task Form_in_another_charset_reaches_the_council_in_utf8(string type, string description)
    {
        await StartAsync();

        var (status, _, answer) = await RawHttp.SendAsync(
            Gateway.Address, $"POST /open311/v2/requests.xml HTTP/1.1\nHost: x\nConnection: close\nContent-Type: {type}",
            Encoding.ASCII.GetBytes($"api_key={GatewayApp.Key}&jurisdiction_id=c&service_code=BIN&lat=51.5&long=-0.1{description}"));

        Assert.True(status == 200, answer);
        Assert.Equal("Müller Straße", Council.Posts.Single()["description"].ToString());
    }

    [Fact]
    [Trait("Case", "54-json-attributes")]
    public async Task Answers_in_json_reach_the_council()
    {
        Council.Pages["POTHOLE.xml"] = http => http.Response.WriteAsync(
            "<service_definition><service_code>POTHOLE</service_code><attributes><attribute><variable>true</variable><code>M</code>"
                + "<datatype>multivaluelist</datatype><required>true</required><order>1</order><values><value><key>x</key><name>X</name></value>"
                + "<value><key>y</key><name>Y</name></value></values></attribute></attributes></service_definition>");
        await StartAsync();

        Assert.Equal("CASE-1", (await Gateway.PostAsync("c", Some.Report("POTHOLE", "1", more: [("attribute[M]", "[\"x\",\"y\"]")]))).Id);
        Assert.Equal("CASE-2", (await Gateway.PostAsync("c", Some.Report("POTHOLE", "2", more: [("attributes", "{\"M\":\"x\",\"S\":\"1\"}")]))).Id);
        var refused = await Gateway.PostAsync("c", Some.Report("POTHOLE", "3", more: [("attributes", "{\"M\":")]));

        Assert.Equal(["x,y", "x"], Council.Posts.Select(p => p["attribute[M]"].ToString()));
        Assert.Equal("1", Council.Posts.Last()["attribute[S]"]);
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.StartsWith("attributes must be a JSON object", refused.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_is_answered_with_204_and_the_permitted_methods()
    {
        await StartAsync();

        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri($"{Gateway.V2}/requests.xml"));
        using var response = await Gateway.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal(["GET", "HEAD", "POST"], response.Content.Headers.Allow);
    }

    private Task AnswersAsync(byte[] body, string type, int status = 200)
    {
        Council.BeforeAnswer = async (http, _) =>
        {
            (http.Response.StatusCode, http.Response.ContentType) = (status, type);
            await http.Response.Body.WriteAsync(body);
        };
        return StartAsync();
    }
}
