using System.Net;
using System.Text;
using System.Xml.Linq;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests requests exactly as FixMyStreet's client (libwww-perl) sends them.</summary>
public sealed class FixMyStreetTests : IAsyncLifetime
{
    /// <summary>A service with a question of every type, and the fields that FixMyStreet fills if a definition asks for them.</summary>
    private const string EveryQuestion = """
        {
          "jurisdictionId": "all", "name": "All", "backends": { "email": { "adapter": "email", "settings": { "to": "highways@all.example" } } },
          "services": [ { "code": "ALL", "name": "All questions", "questions": [
            { "code": "closest_address", "type": "string" }, { "code": "private_comments", "type": "string" }, { "code": "LONG", "type": "text" },
            { "code": "easting", "type": "number", "required": true }, { "code": "SEEN", "type": "dateTime" },
            { "code": "SIZE", "type": "singleValueList", "required": true, "values": [ { "key": "s" }, { "key": "l" } ] },
            { "code": "COLOURS", "type": "multiValueList", "values": [ { "key": "red" }, { "key": "green" }, { "key": "blue" } ] },
            { "code": "NOTICE", "type": "string", "required": true, "variable": false } ] } ]
        }
        """;

    private readonly GatewayApp _gateway = new GatewayApp().Council("fms", Some.EmailCouncil("fms")).Council("all", EveryQuestion);

    public async ValueTask InitializeAsync() => await _gateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Urlencoded_report_with_fields_in_any_order_is_accepted()
    {
        // The fields in random order, no charset, line feeds as %0D%0A, the name split at the first blank, "-" for missing values.
        var body = Encoding.ASCII.GetBytes(
            "lat=51.501009&description=title%3A+Big+hole%0D%0A%0D%0Adetail%3A+By+the+%22gate%22+%26+%3Cwall%3E+%E2%80%93+caf%C3%A9%0D%0A%0D%0Aurl%3A+https%3A%2F%2Fwww.fixmystreet.com%2Freport%2F123%0D%0A%0D%0ASubmitted+via+FixMyStreet"
            + "&attribute%5BSIZE%5D=l&email=test%40example.com&api_key=test-key&long=-0.141588&media_url=https%3A%2F%2Fwww.fixmystreet.com%2Fphoto%2F123.0.full.jpeg&media_url=https%3A%2F%2Fwww.fixmystreet.com%2Fphoto%2F123.1.full.jpeg"
            + "&last_name=&service_code=POTHOLE&attribute%5Bfixmystreet_id%5D=123&first_name=Test&attribute%5Beasting%5D=529025&phone=&jurisdiction_id=fms&attribute%5Blast_name%5D=User&deviceid=iPhone");

        var (status, head, answer) = await RawHttp.SendAsync(
            _gateway.Address, Start("POST", "/open311/v2/requests.xml") + "\nContent-Type: application/x-www-form-urlencoded", body);

        Assert.Equal(200, status);
        Assert.Contains("Content-Type: text/xml; charset=utf-8", head, StringComparison.Ordinal);
        AssertPlainId(answer);
        var text = MailText.Plain(Assert.Single(await _gateway.MailsAsync(1)));
        Assert.Contains(
            "title: Big hole\r\n\r\ndetail: By the \"gate\" & <wall> – café\r\n\r\nurl: https://www.fixmystreet.com/report/123", text,
            StringComparison.Ordinal);
        Assert.Contains("https://www.fixmystreet.com/photo/123.1.full.jpeg", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Urlencoded_answers_to_every_type_of_question_are_accepted()
    {
        // An address ends in two line breaks; a text area sends %0D%0A; several values repeat the field; an undefined value is empty.
        var body = Encoding.ASCII.GetBytes(
            "attribute%5BCOLOURS%5D=red&service_code=ALL&attribute%5Bclosest_address%5D=12+High+Street%2C%0D%0ABexley%0D%0A%0D%0A&lat=51.501009&attribute%5BSIZE%5D=l"
            + "&attribute%5Bprivate_comments%5D=The+gate+code%0D%0Ais+on+the+wall&attribute%5BLONG%5D=First%0D%0A%0D%0Asecond&email=test%40example.com"
            + "&api_key=test-key&attribute%5Beasting%5D=529025.5&long=-0.141588&attribute%5BSEEN%5D=2026-11-22T06%3A59%3A50%2B00%3A00&last_name="
            + "&attribute%5Bfixmystreet_id%5D=125&attribute%5BCOLOURS%5D=blue&first_name=Test&jurisdiction_id=all&attribute%5Bclosest_address_2%5D="
            + "&description=title%3A+Everything%0D%0A%0D%0Adetail%3A+At+once&attribute%5Blast_name%5D=User&phone=&account_id=0");

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, Start("POST", "/open311/v2/requests.xml") + "\nContent-Type: application/x-www-form-urlencoded", body);

        Assert.True(status == 200, answer);
        var text = MailText.Plain(Assert.Single(await _gateway.MailsAsync(1)));
        foreach (var line in new[]
        {
            "closest_address: 12 High Street, Bexley", "private_comments: The gate code is on the wall", "LONG: First\r\n\r\nsecond", "easting: 529025.5",
            "SEEN: 2026-11-22T06:59:50+00:00", "SIZE: l", "COLOURS: red, blue",
        })
            Assert.Contains(line + "\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Multipart_answers_to_every_type_of_question_are_accepted()
    {
        var body = new MemoryStream();
        foreach (var (name, value) in new[]
        {
            ("attribute[SIZE]", "s"), ("attribute[closest_address]", "12 High Street,\nBexley\n\n"), ("attribute[COLOURS]", "green"), ("service_code", "ALL"),
            ("description", "title: Grün\n\ndetail: – at once"), ("lat", "51.5"), ("jurisdiction_id", "all"), ("long", "-0.1"), ("api_key", "test-key"),
            ("attribute[COLOURS]", "red"), ("first_name", "Zoë"), ("last_name", ""), ("attribute[easting]", "529025"), ("attribute[fixmystreet_id]", "126"),
        })
            body.Write(Encoding.UTF8.GetBytes($"--xYzZY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        body.Write("--xYzZY\r\nContent-Disposition: form-data; name=\"photo1\"; filename=\"126.0.full.jpeg\"\r\nContent-Type: image/jpeg\r\n\r\n"u8);
        body.Write([0xFF, 0xD8, 0xFF, 0xE0, 13, 10, 10, 0]);
        body.Write("\r\n--xYzZY\r\nContent-Disposition: form-data; name=\"file_plan\"; filename=\"plan.docx\"\r\nContent-Type: application/octet-stream\r\n\r\nPK"u8);
        body.Write([3, 4, 20, 0]);
        body.Write("\r\n--xYzZY--\r\n"u8);

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, Start("POST", "/open311/v2/requests.xml") + "\nContent-Type: multipart/form-data; boundary=xYzZY", body.ToArray());

        Assert.True(status == 200, answer);
        var mail = Assert.Single(await _gateway.MailsAsync(1));
        var text = MailText.Plain(mail);
        Assert.Contains("title: Grün\r\n\r\ndetail: – at once", text, StringComparison.Ordinal);
        Assert.Contains("closest_address: 12 High Street, Bexley\r\n", text, StringComparison.Ordinal);
        Assert.Contains("COLOURS: green, red\r\n", text, StringComparison.Ordinal);
        Assert.Contains("126.0.full.jpg", mail, StringComparison.Ordinal);
        Assert.Contains("plan.docx", mail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_with_line_breaks_is_rejected_for_a_strict_client_only()
    {
        await _gateway.Get<ApiKeys>().AddAsync("strict", "strict-key", [], ApiKeys.Reports, ClientProfile.Strict, null, default);
        (string, string)[] report =
        [
            ("service_code", "ALL"), ("lat", "51.5"), ("long", "-0.1"), ("description", "x"), ("attribute[SIZE]", "s"), ("attribute[easting]", "1"),
            ("attribute[closest_address]", "12 High Street\r\n\r\n"),
        ];

        var refused = await _gateway.PostAsync("all", [.. report, ("api_key", "strict-key")]);

        Assert.Equal((HttpStatusCode.BadRequest, "attribute[closest_address] must be a single line."), (refused.Status, refused.Errors.Single()));
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("all", report)).Status);
    }

    [Fact]
    public async Task Multipart_update_with_photos_and_metadata_is_accepted()
    {
        var id = (await _gateway.PostAsync("fms", Some.Report())).Id;
        var body = new MemoryStream();
        foreach (var (name, value) in new[]
        {
            ("status", "INVESTIGATING"), ("update_id", "4712"), ("updated_datetime", "2026-11-22T06:59:50+00:00"), ("service_request_id", id), ("description", ""),
            ("first_name", "Test"), ("last_name", "User"), ("email", "a@b.c"), ("phone", ""), ("service_code", "BIN"), ("attribute[fms_extra_x]", "1"),
            ("email_alerts_requested", "TRUE"), ("title", ""), ("jurisdiction_id", "fms"), ("api_key", "test-key"),
        })
            body.Write(Encoding.UTF8.GetBytes($"--xYzZY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        body.Write("--xYzZY\r\nContent-Disposition: form-data; name=\"photo1\"; filename=\"4712.0.full.jpeg\"\r\nContent-Type: image/jpeg\r\n\r\n"u8);
        body.Write([0xFF, 0xD8, 0xFF, 0xE0, 13, 10, 10, 0]);
        body.Write("\r\n--xYzZY--\r\n"u8);

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, Start("POST", "/open311/v2/servicerequestupdates.xml") + "\nContent-Type: multipart/form-data; boundary=xYzZY", body.ToArray());

        Assert.True(status == 200, answer);
        Assert.EndsWith("<request_update><update_id>4712</update_id></request_update></service_request_updates>", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Multipart_report_with_bare_line_feeds_is_accepted()
    {
        var body = new MemoryStream();
        foreach (var (name, value) in new[]
        {
            ("attribute[fixmystreet_id]", "124"), ("service_code", "BIN"), ("description", "title: Bin\n\ndetail: Not\nemptied"), ("lat", "51.5"),
            ("jurisdiction_id", "fms"), ("long", "-0.1"), ("api_key", "test-key"), ("first_name", "Test"), ("last_name", ""), ("email", "test@example.com"),
        })
            body.Write(Encoding.UTF8.GetBytes($"--xYzZY\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
        foreach (var n in new[] { "1", "2" })
        {
            body.Write(Encoding.UTF8.GetBytes(
                $"--xYzZY\r\nContent-Disposition: form-data; name=\"photo{n}\"; filename=\"124.{n}.full.jpeg\"\r\nContent-Type: image/jpeg\r\n\r\n"));
            body.Write([0xFF, 0xD8, 0xFF, 0xE0, 13, 10, 10, 0]);
            body.Write("\r\n"u8);
        }

        body.Write("--xYzZY--\r\n"u8);

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, Start("POST", "/open311/v2/requests.xml") + "\nContent-Type: multipart/form-data; boundary=xYzZY", body.ToArray());

        Assert.Equal(200, status);
        AssertPlainId(answer);
        var mail = Assert.Single(await _gateway.MailsAsync(1));
        Assert.Contains("title: Bin\r\n\r\ndetail: Not\r\nemptied", MailText.Plain(mail), StringComparison.Ordinal);
        Assert.Contains("124.1.full.jpg", mail, StringComparison.Ordinal);
        Assert.Contains("124.2.full.jpg", mail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/open311/v2/services.xml?jurisdiction_id=fms")]
    [InlineData("/open311/v2/services/A/B%20c.d.xml?jurisdiction_id=fms")]
    [InlineData("/open311/v2/requests.xml?start_date=2026-11-22T06%3A00%3A00Z&end_date=2026-11-22T07%3A00%3A00Z&jurisdiction_id=fms")]
    [InlineData("/open311/v2/servicerequestupdates.xml?api_key=&start_date=2026-11-22T05%3A00%3A00Z&end_date=2026-11-22T07%3A00%3A00Z&jurisdiction_id=fms")]
    public async Task Get_without_accept_header_is_answered_in_xml(string target)
    {
        var (status, head, body) = await RawHttp.SendAsync(_gateway.Address, Start("GET", target), []);

        Assert.Equal(200, status);
        Assert.Contains("Content-Type: text/xml; charset=utf-8", head, StringComparison.Ordinal);
        Assert.DoesNotContain(XDocument.Parse(body).Descendants(), e => e.HasAttributes);
    }

    [Fact]
    public async Task Request_line_of_64_kb_is_accepted_and_a_longer_one_is_414()
    {
        const string Start64 = "/open311/v2/requests.xml?jurisdiction_id=fms&service_request_id=";
        // Clients ask for all their open reports in one request. Repeated ids count once.
        var ids = string.Join(',', Enumerable.Range(0, 10_000).Select(i => 1_000_000 + (i % 100)));

        var (status, _, body) = await RawHttp.SendAsync(_gateway.Address, Start("GET", Start64 + ids[..((64 << 10) - Start64.Length)]), []);
        Assert.Equal(200, status);
        Assert.EndsWith("<service_requests></service_requests>", body, StringComparison.Ordinal);

        var (tooLong, _, error) = await RawHttp.SendAsync(_gateway.Address, Start("GET", Start64 + ids), []);
        Assert.Equal(414, tooLong);
        Assert.Contains("<errors><error><code>414</code>", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_with_offset_and_upper_case_status_is_accepted()
    {
        var id = (await _gateway.PostAsync("fms", Some.Report())).Id;
        var body = Encoding.ASCII.GetBytes(
            $"status=FIXED&update_id=4711&updated_datetime=2026-11-22T06%3A59%3A50%2B00%3A00&last_name=-&first_name=-&service_request_id={id}&description=Done%0D%0Anow&jurisdiction_id=fms&api_key=test-key&email=a%40b.c");

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, Start("POST", "/open311/v2/servicerequestupdates.xml") + "\nContent-Type: application/x-www-form-urlencoded", body);

        Assert.Equal(200, status);
        Assert.EndsWith(
            "<service_request_updates><request_update><update_id>4711</update_id></request_update></service_request_updates>", answer,
            StringComparison.Ordinal);
    }

    private static string Start(string method, string target) =>
        $"{method} {target} HTTP/1.1\nTE: deflate,gzip;q=0.3\nConnection: TE, close\nHost: 127.0.0.1\nUser-Agent: libwww-perl/6.67";

    /// <summary>Asserts that the id is plain text without blanks, its element has no attributes, and there is no token.</summary>
    private static void AssertPlainId(string body) => Assert.Matches(
        "^<\\?xml version=\"1.0\" "
            + "encoding=\"utf-8\"\\?>\n<service_requests><request><service_request_id>PG[0-9A-Z]{13}</service_request_id></request></service_requests>$", body);
}
