using System.Net;
using System.Text;
using NSubstitute;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;
using PluginGateway.Testing;

namespace PluginGateway.Adapters.Open311.Tests;

/// <summary>Tests that the id of a case is found however it is returned, and that errors, tokens and services without ids are recognised.</summary>
public sealed class Open311AnswerTests
{
    private const string Settings = """{ "endpoint": "https://council.example/v2", "jurisdictionId": "j", "apiKey": "k" }""";

    private readonly Wire _wire = new();
    private readonly IAttempt _attempt = Substitute.For<IAttempt>();

    public Open311AnswerTests()
    {
        _attempt.DeliveryKey.Returns("key-1");
        _attempt.Notes.Returns(new Dictionary<string, string>());
    }

    public static TheoryData<string, string, string> Answers => new()
    {
        { "a windows-1252 declaration", "text/xml", "<?xml version=\"1.0\" encoding=\"windows-1252\"?><service_requests><request><service_request_id>"
            + "4711</service_request_id><service_notice>Council\u0092s team</service_notice></request></service_requests>" },
        { "a header only", "text/xml; charset=ISO-8859-15", Id("4711", "<service_notice>Stra\u00DFe</service_notice>") },
        { "bad characters", "text/xml", Id("4711", "<service_notice>Thank you\u0003bye, Parks & Gardens, &nbsp;</service_notice>") },
        { "a blank line first", "text/xml", "\r\n<?xml version=\"1.0\"?>" + Id("4711") },
        { "a DTD", "text/xml", "<!DOCTYPE service_requests SYSTEM \"http://127.0.0.1/x.dtd\">" + Id("4711") },
        { "a tag that is not closed", "text/html", "<br>" + Id("4711") },
        { "a namespace", "text/xml", "<o:service_requests xmlns:o=\"urn:o\"><o:request><o:service_request_id>4711</o:service_request_id></o:request></o:service_requests>" },
        { "a CDATA section", "text/xml", Id("<![CDATA[4711]]>") },
        { "JSON", "application/json", """[{"service_request_id": 4711}]""" },
        { "JSON with a wrapper", "text/plain", """{"service_requests": [{"service_request_id": "4711", "service_notice": null}]}""" },
        { "a JSON object", "text/xml", """{"service_request_id": "4711", "attributes": [{"code": "A", "description": "B"}]}""" },
        { "a JSON object in a wrapper", "application/json", """{"service_requests": {"request": {"service_request_id": "4711"}}}""" },
        { "half an emoji in JSON", "application/json", """[{"service_request_id": "4711", "service_notice": "ok \ud83d"}]""" },
        { "a wrong UTF-16 declaration", "text/xml", "<?xml version=\"1.0\" encoding=\"utf-16\"?>" + Id("4711") },
        { "a wrong UTF-16 header", "text/xml; charset=utf-16", Id("4711", " ") },
        { "another name of UTF-7", "text/xml; charset=unicode-1-1-utf-7", Id("4711") },
        { "the request as root", "text/xml", "<request><service_request_id>4711</service_request_id></request>" },
        { "one more wrapper", "text/xml", "<response><data>" + Id("4711") + "</data></response>" },
        { "no wrapper", "text/xml", "<response><service_request_id>4711</service_request_id></response>" },
        { "an empty list of errors", "application/json", """{"errors":[],"service_requests":[{"service_request_id":"4711"}]}""" },
        { "a data object", "application/json", """{"success":true,"data":{"service_request_id":"4711"}}""" },
        { "a list in an object", "application/json", """{"response":{"service_requests":[{"service_request_id":"4711"}]}}""" },
        { "another name of the item", "text/xml", "<service_requests><service_request><service_request_id>4711</service_request_id></service_request></service_requests>" },
        { "an echo of the request", "text/xml", "<response><request><lat>1</lat></request><service_request_id>4711</service_request_id></response>" },
        { "many comments first", "text/xml", string.Concat(Enumerable.Repeat("<!-- c -->\n", 40)) + "<br>" + Id("4711") },
        { "a warning of PHP", "text/html", "<br /><b>Warning</b>: mysqli & co<br>" + Id("4711") },
        { "truncated JSON", "application/json", """[{"service_request_id": "4711", "service_notice": "So""" },
        { "an id beside errors", "text/xml", Id("4711").Replace("</service_requests>", "<error><code>500</code><description>No mail.</description></error></service_requests>", StringComparison.Ordinal) },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Submit_finds_the_id_in_a_response_with(string what, string type, string body)
    {
        _wire.Type = type;
        _wire.Bytes = Encoding.Latin1.GetBytes(body);

        var submission = await Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default);

        Assert.True(submission.BackEndId == "4711", what);
        Assert.Equal(what == "a windows-1252 declaration" ? "Council’s team" : what == "a header only" ? "Straße" : submission.Notice, submission.Notice);
    }

    [Theory]
    [InlineData("https://council.example/v2/requests/A%2F1.xml", "A/1")]
    [InlineData("/v2/requests/4711?x=1", "4711")]
    [InlineData("requests/4711.json", "4711")]
    [InlineData("file:///v2/requests/4711", "4711")]
    public async Task Submit_finds_the_id_in_the_address_of_the_new_case(string location, string id)
    {
        (_wire.Status, _wire.Location) = (HttpStatusCode.Created, location);

        Assert.Equal(id, (await Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default)).BackEndId);
    }

    [Theory]
    [InlineData(200, "", "https://council.example/requests/thanks.html")]
    [InlineData(201, "<html>Thank you</html>", "https://council.example/requests/thanks.html")]
    [InlineData(201, "", "https://council.example/requests/null.xml")]
    [InlineData(201, "", "https://council.example/requests/0")]
    public async Task Address_of_a_page_after_a_form_is_not_an_id(int status, string body, string address)
    {
        (_wire.Status, _wire.Location, _wire.Answer) = ((HttpStatusCode)status, address, body);

        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));
    }

    [Theory]
    [InlineData("<service_requests><request><service_request_id><year>2026</year><number>1</number></service_request_id></request></service_requests>")]
    [InlineData("<service_requests><request><service_request_id/></request></service_requests>")]
    [InlineData("<!DOCTYPE html><html><script>{\"token\":\"csrf\"}</script><p>Thank you, your number is 4711</p></html>")]
    [InlineData("Thank you, your number is 4711")]
    [InlineData("<br /><b>Warning</b>: mysqli[{\"service_request_id\":null}]")]
    [InlineData("[{\"service_request_id\":null}]")]
    [InlineData("[{\"service_request_id\":false}]")]
    [InlineData("[{\"token\":null}]")]
    [InlineData("<service_requests><request><service_request_id>0</service_request_id></request></service_requests>")]
    [InlineData("<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0//EN\"><html><script>{\"token\":\"abcdef\"}</script></html>")]
    [InlineData("<!-- c --><!DOCTYPE html><html><script>{\"token\":\"abcdef\"}</script></html>")]
    [InlineData("<!DOCTYPE r><x><!-- <service_request_id>1</service_request_id> --></x>")]
    [InlineData("<!DOCTYPE r><errors><error>duplicate of <service_request_id>55</service_request_id></error></errors>")]
    [InlineData("<a><service_request_id>1</service_request_id><b><service_request_id>2</service_request_id></a>")]
    public async Task Response_without_an_id_is_kept_for_operators(string body)
    {
        _wire.Answer = body;

        var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        Assert.Equal(FailureKind.OutcomeUnknown, e.Kind);
        Assert.Contains(body, e.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<errors><error><code>400</code><description>lat is outside the city</description></error></errors>", FailureKind.Rejected, "lat is outside the city")]
    [InlineData("<errors><error><description>No such street</description></error></errors>", FailureKind.Rejected, "No such street")]
    [InlineData("""[{"code":400,"description":"lat is outside the city"}]""", FailureKind.Rejected, "lat is outside the city")]
    [InlineData("<errors><error><code>400</code><description/></error></errors>", FailureKind.Rejected, "The council's system reported error 400.")]
    [InlineData("<errors><error>lat is outside the city</error></errors>", FailureKind.Rejected, "lat is outside the city")]
    [InlineData("""{"error":{"code":400,"description":"No such street"}}""", FailureKind.Rejected, "No such street")]
    [InlineData("""{"errors":{"error":{"code":400,"description":"No such street"}}}""", FailureKind.Rejected, "No such street")]
    [InlineData("""{"errors":[{"code":"40001","description":"No such street"}]}""", FailureKind.Rejected, "No such street")]
    [InlineData("<errors><error><code>403</code><description>Invalid api_key</description></error></errors>", FailureKind.Misconfigured, null)]
    [InlineData("<errors><error><code>429</code><description>Too many</description></error></errors>", FailureKind.Transient, null)]
    [InlineData("<errors><error><code>503</code><description>Maintenance</description></error></errors>", FailureKind.Transient, null)]
    [InlineData("<errors><error><code>500</code><description>Mail failed</description></error></errors>", FailureKind.OutcomeUnknown, null)]
    public async Task Errors_in_a_2xx_response_are_classified_by_their_code(string body, FailureKind kind, string? words)
    {
        _wire.Answer = body;

        var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        Assert.Equal((kind, words ?? e.Message), (e.Kind, e.Message));
    }

    [Fact]
    public async Task Json_error_rejects_the_report_with_its_description()
    {
        (_wire.Status, _wire.Answer) = (HttpStatusCode.BadRequest, """[{"code":400,"description":"lat is outside the city"}]""");

        var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        Assert.Equal((FailureKind.Rejected, "lat is outside the city"), (e.Kind, e.Message));
    }

    [Fact]
    public async Task Errors_instead_of_services_are_a_failure_and_not_an_empty_list()
    {
        _wire.Answer = "<errors><error><code>500</code><description>Out of order</description></error></errors>";

        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IServiceCatalogue>().GetServicesAsync(default));
    }

    [Theory]
    [InlineData(404, "<errors><error><code>404</code><description>No service request for this token yet</description></error></errors>")]
    [InlineData(404, "<html>Not found</html>")]
    [InlineData(400, "<errors><error><code>400</code><description>Unknown token</description></error></errors>")]
    [InlineData(200, "<errors><error><code>404</code><description>Not yet</description></error></errors>")]
    [InlineData(200, "<service_requests><request><token>tok-1</token></request></service_requests>")]
    public async Task Token_without_an_id_is_queried_again_with_growing_delays(int status, string body)
    {
        _attempt.Notes.Returns(new Dictionary<string, string> { ["token"] = "tok-1" });
        _attempt.Number.Returns(2, 3, 100);
        (_wire.Status, _wire.Answer) = ((HttpStatusCode)status, body);

        foreach (var minutes in new[] { 1, 2, 60 })
        {
            var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));
            Assert.Equal((FailureKind.NotYet, TimeSpan.FromMinutes(minutes)), (e.Kind, e.RetryAfter));
        }

        Assert.DoesNotContain(_wire.Sent, s => s.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Token_is_saved_before_it_is_queried()
    {
        _wire.Answer = "<service_requests><request><token>tok-1</token></request></service_requests>";

        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        await _attempt.Received(1).NoteAsync("token", "tok-1", Arg.Any<CancellationToken>());
    }

    [Theory]
    [InlineData("<service_requests><request><service_notice>Thank you</service_notice></request></service_requests>", "Thank you")]
    [InlineData("<service_requests/>", null)]
    [InlineData("<service_requests><error/><request><service_notice>Thank you</service_notice></request></service_requests>", "Thank you")]
    [InlineData("", null)]
    public async Task Report_to_a_blackbox_service_is_sent_without_an_id(string body, string? notice)
    {
        _wire.Pages["services.xml"] = "<services><service><service_code>POTHOLE</service_code><service_name>T</service_name><type>blackbox</type></service></services>";
        _wire.Answer = body;

        var submission = await Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default);

        Assert.Equal((null, notice), (submission.BackEndId, submission.Notice));
    }

    [Theory]
    [InlineData("""{"success":false}""")]
    [InlineData("[]")]
    [InlineData("<div>Session expired &nbsp;</div>")]
    [InlineData("<html>Sign in</html>")]
    [InlineData("")]
    public async Task Update_is_sent_only_with_a_recognised_answer(string body)
    {
        _wire.Answer = body;
        var update = new ClientUpdate { UpdateId = "1", BackEndId = "9", Status = "OPEN", UpdatedAt = Some.Time };

        var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IUpdateSender>().SubmitUpdateAsync(update, _attempt, default));
        Assert.Equal(FailureKind.OutcomeUnknown, e.Kind);

        _wire.Answer = """[{"update_id":7}]""";
        Assert.Equal("7", (await Adapter<IUpdateSender>().SubmitUpdateAsync(update, _attempt, default)).BackEndId);
    }

    [Theory]
    [InlineData("""{"message":"API rate limit exceeded"}""")]
    [InlineData("<div>Down &nbsp;</div>")]
    [InlineData("<html/>")]
    public async Task Reads_fail_on_an_answer_that_is_not_a_list(string body)
    {
        _wire.Answer = body;

        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IServiceCatalogue>().GetServicesAsync(default));
        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IUpdateSource>().CollectAsync(
            new UpdateWindow { Start = Some.Time, End = Some.Time.AddHours(1), Documents = new TestDocuments() }, default));
        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSource>().GetRequestsAsync(new RequestQuery { BackEndIds = ["1"] }, default));
        _wire.Pages["services.xml"] = "<services><service><service_code>A</service_code><service_name>One</service_name><metadata>true</metadata></service></services>";
        Assert.NotNull(Assert.Single(await Adapter<IServiceCatalogue>().GetServicesAsync(default)).AttributesProblem);
    }

    [Theory]
    [InlineData("<service_request_updates/>")]
    [InlineData("<response/>")]
    [InlineData("[]")]
    public async Task Empty_list_is_a_valid_answer(string body)
    {
        _wire.Answer = body;

        Assert.Empty((await Adapter<IUpdateSource>().CollectAsync(
            new UpdateWindow { Start = Some.Time, End = Some.Time.AddHours(1), Documents = new TestDocuments() }, default)).Updates);
    }

    [Theory]
    [InlineData("<service_definitions><service_definition><attributes><attribute><code>Q</code></attribute></attributes></service_definition></service_definitions>")]
    [InlineData("""[{"service_code":"A","attributes":[{"code":"Q"}]}]""")]
    [InlineData("""{"service_code":"A","error":"","attributes":[{"code":"Q"}]}""")]
    public async Task Definition_is_found_in_any_wrapper(string body)
    {
        _wire.Pages["services.xml"] = "<services><service><service_code>A</service_code><service_name>One</service_name><metadata>true</metadata></service></services>";
        _wire.Pages["services/A.xml"] = body;

        Assert.Equal("Q", Assert.Single(Assert.Single(await Adapter<IServiceCatalogue>().GetServicesAsync(default)).Attributes).Code);
    }

    [Fact]
    public async Task Markup_in_texts_for_people_is_kept_as_text()
    {
        _wire.Pages["services.xml"] =
            "<services><service><service_code>A</service_code><service_name>Pot<b>hole</b></service_name><metadata>true</metadata></service></services>";
        _wire.Pages["services/A.xml"] =
            "<service_definition><attributes><attribute><code>Q</code><description>Please <a href='x'>see</a></description></attribute></attributes></service_definition>";

        var service = Assert.Single(await Adapter<IServiceCatalogue>().GetServicesAsync(default));

        Assert.Equal(("Pot hole", "Please see"), (service.Name, service.Attributes[0].Description));
    }

    [Theory]
    [InlineData("<html>Sign in</html>", 200)]
    [InlineData("""{"error":"x"}""", 500)]
    [InlineData("<div>Session expired</div>", 200)]
    [InlineData("""{"success":true}""", 200)]
    [InlineData("", 500)]
    public async Task Unclear_response_is_unclear_for_a_blackbox_service_too(string body, int status)
    {
        _wire.Pages["services.xml"] = "<services><service><service_code>POTHOLE</service_code><service_name>T</service_name><type>blackbox</type></service></services>";
        (_wire.Answer, _wire.Status) = (body, (HttpStatusCode)status);

        var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        Assert.Equal(FailureKind.OutcomeUnknown, e.Kind);
    }

    [Fact]
    public async Task Services_requests_and_updates_are_read_in_json_too()
    {
        _wire.Pages["services.xml"] =
            """[{"service_code":"A","service_name":"One","metadata":true,"keywords":["x","y"],"groups":["G","H"]},{"service_code":"B","service_name":"Two","metadata":false,"group":"G"}]""";
        _wire.Pages["services/A.xml"] =
            """{"service_code":"A","attributes":[{"code":"Q","datatype":"singlevaluelist","required":true,"order":1,"values":[{"key":1,"name":"n"}]}]}""";
        _wire.Pages["requests.xml"] = """[{"service_request_id":1,"status":"open","lat":51.5,"long":-0.1,"description":null,"media_url":""}]""";
        _wire.Pages["servicerequestupdates.xml"] =
            """[{"update_id":5,"service_request_id":1,"status":"FIXED","updated_datetime":"2026-11-22T07:00:00Z","description":"Done","extras":{"group":"Roads"}}]""";

        var services = await Adapter<IServiceCatalogue>().GetServicesAsync(default);
        var request = Assert.Single((await Adapter<IRequestSource>().GetRequestsAsync(new RequestQuery { BackEndIds = ["1"] }, default)).Requests);
        var update = Assert.Single((await Adapter<IUpdateSource>().CollectAsync(
            new UpdateWindow { Start = Some.Time, End = Some.Time.AddHours(1), Documents = new TestDocuments() }, default)).Updates);

        Assert.Equal(["A", "B"], services.Select(s => s.Code));
        Assert.Equal(["G", "H", "x", "y"], services[0].Groups.Concat(services[0].Keywords));
        Assert.Equal(("Q", AttributeType.SingleValueList, "1"), (services[0].Attributes[0].Code, services[0].Attributes[0].Type, services[0].Attributes[0].Values[0].Key));
        Assert.Equal(("1", 51.5), (request.BackEndId, request.Location.Latitude));
        Assert.Equal(("5", "fixed", "Done", "Roads"), (update.UpdateId, update.Status, update.Description, update.Extras["group"]));
    }

    private static string Id(string id, string more = "") =>
        $"<service_requests><request><service_request_id>{id}</service_request_id>{more}</request></service_requests>";

    private TCapability Adapter<TCapability>()
        where TCapability : class, ICouncilAdapter =>
        Assert.IsType<TCapability>(new Open311Plugin().Create(Context.With(Settings, new HttpClient(_wire))), exactMatch: false);
}
