using System.Net;
using System.Text;
using NSubstitute;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;
using PluginGateway.Testing;

namespace PluginGateway.Adapters.Open311.Tests;

/// <summary>Tests the requests that the adapter sends and the classification of every response.</summary>
public sealed class Open311AdapterTests
{
    private const string Settings = """{ "endpoint": "https://council.example/v2", "jurisdictionId": "j", "apiKey": "k", "ignoreServices": [ "OLD" ] }""";

    private readonly Wire _wire = new();
    private readonly IAttempt _attempt = Substitute.For<IAttempt>();

    public Open311AdapterTests()
    {
        _attempt.DeliveryKey.Returns("key-1");
        _attempt.Notes.Returns(new Dictionary<string, string>());
    }

    [Fact]
    public async Task Submit_marks_as_committing_before_posting_and_returns_the_id()
    {
        _wire.Answer =
            "<service_requests><request><service_request_id> 293944 </service_request_id><service_notice>Soon</service_notice></request></service_requests>";
        _attempt.When(a => a.MarkCommittingAsync(Arg.Any<CancellationToken>())).Do(_ => Assert.Empty(_wire.Sent));

        var submission = await Adapter<IRequestSender>().SubmitAsync(Some.Request() with { Reporter = new Reporter { Email = "a@b.c" } }, _attempt, default);

        Assert.Equal(("293944", "Soon"), (submission.BackEndId, submission.Notice));
        await _attempt.Received(1).MarkCommittingAsync(Arg.Any<CancellationToken>());
        Assert.Equal(
            "POST https://council.example/v2/requests.xml "
                + "api_key=k&jurisdiction_id=j&service_code=POTHOLE&lat=51.5&long=-0.1&description=A+hole+in+the+road&email=a%40b.c",
            _wire.Sent.Single());
        Assert.Equal("key-1", _wire.IdempotencyKey);
    }

    [Fact]
    public async Task Submit_with_a_client_reference_sends_no_idempotency_key()
    {
        _wire.Answer = "<service_requests><request><service_request_id>1</service_request_id></request></service_requests>";
        var request = Some.Request() with { Answers = [new ReportAnswer { Code = "fixmystreet_id", Values = ["77"] }] };

        await Adapter<IRequestSender>().SubmitAsync(request, _attempt, default);

        Assert.Null(_wire.IdempotencyKey);
        Assert.EndsWith("attribute%5Bfixmystreet_id%5D=77", _wire.Sent.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Submit_with_a_saved_token_queries_it_without_posting()
    {
        _attempt.Notes.Returns(new Dictionary<string, string> { ["token"] = "t/1" });
        _wire.Answer = "<service_requests><request><token>t/1</token><service_request_id>9</service_request_id></request></service_requests>";

        Assert.Equal("9", (await Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default)).BackEndId);
        Assert.Equal("GET https://council.example/v2/tokens/t%2F1.xml?jurisdiction_id=j ", _wire.Sent.Single());
    }

    [Theory]
    [InlineData(400, "<errors><error><code>400</code><description>No.</description></error></errors>", FailureKind.Rejected)]
    [InlineData(404, "<errors><error><code>404</code><description>No.</description></error></errors>", FailureKind.Rejected)]
    [InlineData(404, "<html>not here</html>", FailureKind.OutcomeUnknown)]
    [InlineData(405, "<html>not here</html>", FailureKind.OutcomeUnknown)]
    [InlineData(403, "<html>denied</html>", FailureKind.OutcomeUnknown)]
    [InlineData(409, "<errors><error><code>409</code><description>No.</description></error></errors>", FailureKind.Rejected)]
    [InlineData(413, "<html>too large</html>", FailureKind.Rejected)]
    [InlineData(408, "", FailureKind.OutcomeUnknown)]
    [InlineData(403, "<errors><error><code>403</code><description>Invalid api_key.</description></error></errors>", FailureKind.Misconfigured)]
    [InlineData(401, "", FailureKind.Misconfigured)]
    [InlineData(301, "", FailureKind.OutcomeUnknown)]
    [InlineData(302, "", FailureKind.OutcomeUnknown)]
    [InlineData(303, "", FailureKind.OutcomeUnknown)]
    [InlineData(307, "", FailureKind.OutcomeUnknown)]
    [InlineData(429, "", FailureKind.Transient)]
    [InlineData(500, "Oops", FailureKind.OutcomeUnknown)]
    [InlineData(500, "<errors><error><code>500</code><description>Failed.</description></error></errors>", FailureKind.OutcomeUnknown)]
    [InlineData(503, "", FailureKind.Transient)]
    [InlineData(502, "<html>Bad gateway</html>", FailureKind.OutcomeUnknown)]
    [InlineData(504, "", FailureKind.OutcomeUnknown)]
    [InlineData(200, "", FailureKind.OutcomeUnknown)]
    [InlineData(200, "<html>Welcome</html>", FailureKind.OutcomeUnknown)]
    [InlineData(200, "<service_requests><request></request></service_requests>", FailureKind.OutcomeUnknown)]
    [InlineData(200, "<!DOCTYPE x [<!ENTITY y "
        + "'z'>]><service_requests><request><service_request_id>&y;</service_request_id></request></service_requests>", FailureKind.OutcomeUnknown)]
    public async Task Submit_classifies_every_response(int status, string body, FailureKind expected)
    {
        (_wire.Status, _wire.Answer) = ((HttpStatusCode)status, body);

        var exception = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        Assert.Equal(expected, exception.Kind);
        Assert.Equal(status == 429, exception.SlowDown);
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
    public async Task Submit_finds_the_id_in_the_address_of_the_new_case(string location, string id)
    {
        (_wire.Status, _wire.Location) = (HttpStatusCode.Created, location);

        Assert.Equal(id, (await Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default)).BackEndId);
    }

    [Theory]
    [InlineData("<service_requests><request><service_request_id><year>2026</year><number>1</number></service_request_id></request></service_requests>")]
    [InlineData("<service_requests><request><service_request_id/></request></service_requests>")]
    [InlineData("<!DOCTYPE html><html><script>{\"token\":\"csrf\"}</script><p>Thank you, your number is 4711</p></html>")]
    [InlineData("Thank you, your number is 4711")]
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
    [InlineData("""{"errors":[{"code":"40001","description":"No such street"}]}""", FailureKind.Rejected, "No such street")]
    [InlineData("<errors><error><code>403</code><description>Invalid api_key</description></error></errors>", FailureKind.Misconfigured, null)]
    [InlineData("<errors><error><code>429</code><description>Too many</description></error></errors>", FailureKind.Transient, null)]
    [InlineData("<errors><error><code>503</code><description>Maintenance</description></error></errors>", FailureKind.Transient, null)]
    [InlineData("<errors><error><code>500</code><description>Mail failed</description></error></errors>", FailureKind.OutcomeUnknown, null)]
    public async Task Errors_in_a_successful_response_mean_what_they_say(string body, FailureKind kind, string? words)
    {
        _wire.Answer = body;

        var e = await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default));

        Assert.Equal((kind, words ?? e.Message), (e.Kind, e.Message));
    }

    [Fact]
    public async Task Json_error_is_a_refusal_in_its_words()
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
    public async Task Token_without_an_id_is_asked_again_later_and_less_and_less_often(int status, string body)
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
    [InlineData("", null)]
    public async Task Report_to_a_blackbox_service_is_sent_without_an_id(string body, string? notice)
    {
        _wire.Pages["services.xml"] = "<services><service><service_code>POTHOLE</service_code><service_name>T</service_name><type>blackbox</type></service></services>";
        _wire.Answer = body;

        var submission = await Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default);

        Assert.Equal((null, notice), (submission.BackEndId, submission.Notice));
    }

    [Theory]
    [InlineData("<html>Sign in</html>", 200)]
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

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, FailureKind.Transient)]
    [InlineData(HttpRequestError.NameResolutionError, FailureKind.Transient)]
    [InlineData(HttpRequestError.SecureConnectionError, FailureKind.Transient)]
    [InlineData(HttpRequestError.ResponseEnded, FailureKind.OutcomeUnknown)]
    public async Task Submit_distinguishes_unsent_requests_from_unknown_outcomes(HttpRequestError error, FailureKind expected)
    {
        _wire.Failure = new HttpRequestException(error, "broken");

        Assert.Equal(
            expected, (await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default))).Kind);
    }

    [Fact]
    public async Task Submit_is_transient_after_a_connect_timeout()
    {
        // The exception that the handler throws on a connect time-out.
        _wire.Failure = new TaskCanceledException("connect", new TimeoutException());

        Assert.Equal(
            FailureKind.Transient,
            (await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default))).Kind);
    }

    [Fact]
    public async Task Submit_returns_the_retry_after_header()
    {
        (_wire.Status, _wire.RetryAfter) = (HttpStatusCode.ServiceUnavailable, "120");

        Assert.Equal(
            TimeSpan.FromMinutes(2),
            (await Assert.ThrowsAsync<AdapterException>(() => Adapter<IRequestSender>().SubmitAsync(Some.Request(), _attempt, default))).RetryAfter);
    }

    [Fact]
    public async Task Services_include_their_questions_and_omit_ignored_services()
    {
        _wire.Pages["services.xml"] =
            "<services><service><service_code>A/B</service_code><service_name>One</service_name><metadata>true</metadata><keywords>x, "
                + "y</keywords><groups><group>G</group><group>H</group></groups></service>"
            + "<service><service_code>OLD</service_code><service_name>Old</service_name></service><service><service_code>C</service_code><service_name>Two</service_name><group>G</group></service></services>";
        _wire.Pages["services/A%2FB.xml"] =
            "<service_definition><attributes><attribute><code>Q2</code><order>2</order><datatype>multivaluelist</datatype><values><value><key>k</key><name>n</name></value></values></attribute>"
            + "<attribute><code>Q1</code><order>1</order><datatype>string</datatype><required>true</required><variable>false</variable><automated>server_set</automated></attribute></attributes></service_definition>";

        var services = await Adapter<IServiceCatalogue>().GetServicesAsync(default);

        Assert.Equal(["A/B", "C"], services.Select(s => s.Code));
        Assert.Equal(["G", "H", "x", "y"], services[0].Groups.Concat(services[0].Keywords));
        Assert.Equal(["Q1", "Q2"], services[0].Attributes.Select(a => a.Code));
        Assert.Equal(
            (true, false, AttributeAutomation.ServerSet),
            (services[0].Attributes[0].Required, services[0].Attributes[0].Variable, services[0].Attributes[0].Automated));
        Assert.Equal((AttributeType.MultiValueList, "n"), (services[0].Attributes[1].Type, services[0].Attributes[1].Values[0].Name));
    }

    [Fact]
    public async Task Services_fail_when_a_definition_cannot_be_read()
    {
        _wire.Pages["services.xml"] =
            "<services><service><service_code>A</service_code><service_name>One</service_name><metadata>true</metadata></service></services>";
        _wire.Status = HttpStatusCode.InternalServerError;

        await Assert.ThrowsAsync<AdapterException>(() => Adapter<IServiceCatalogue>().GetServicesAsync(default));
    }

    [Fact]
    public async Task Updates_are_sorted_oldest_first_with_normalised_statuses()
    {
        _wire.Pages["servicerequestupdates.xml"] =
            "<service_request_updates><request_update><update_id>2</update_id><service_request_id>9</service_request_id><status>CLOSED</status><updated_datetime>2026-11-22T09:00:00+01:00</updated_datetime></request_update>"
            + "<request_update><update_id>1</update_id><service_request_id>9</service_request_id><status>In "
            + "progress</status><updated_datetime>2026-11-22T07:00:00Z</updated_datetime><media_url>https://a/1.jpg</media_url><media_url>javascript:1</media_url></request_update></service_request_updates>";

        var collected = await Adapter<IUpdateSource>().CollectAsync(
            new UpdateWindow { Start = Some.Time, End = Some.Time.AddHours(1), Documents = new TestDocuments() }, default);

        Assert.Equal([("1", "in_progress"), ("2", "closed")], collected.Updates.Select(u => (u.UpdateId, u.Status)));
        Assert.Equal("https://a/1.jpg", collected.Updates[0].MediaUrls.Single().AbsoluteUri);
        Assert.Contains("start_date=2026-11-22T09%3A00%3A00Z&end_date=2026-11-22T10%3A00%3A00Z&api_key=k", _wire.Sent.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Extras_of_an_update_are_its_plain_values()
    {
        _wire.Pages["servicerequestupdates.xml"] =
            """
            <service_request_updates><request_update><update_id>1</update_id><service_request_id>9</service_request_id><status>open</status>
            <updated_datetime>2026-11-22T07:00:00Z</updated_datetime>
            <extras><category>Trees</category><group> Roads </group><nested><a>1</a></nested><empty/></extras></request_update></service_request_updates>
            """;

        var batch = await Adapter<IUpdateSource>().CollectAsync(
            new UpdateWindow { Start = Some.Time, End = Some.Time.AddHours(1), Documents = new TestDocuments() }, default);

        Assert.Equal([("category", "Trees"), ("group", "Roads")], batch.Updates.Single().Extras.Select(e => (e.Key, e.Value)));
    }

    [Theory]
    [InlineData("""{ "endpoint": "ftp://x" }""", "$.endpoint")]
    [InlineData("""{ "endpoint": "https://x/?a=1" }""", "$.endpoint")]
    [InlineData("""{ }""", "$.endpoint")]
    [InlineData("""{ "endpoint": "https://x", "key": "k" }""", "$.key")]
    public void Invalid_settings_are_reported_with_their_path(string settings, string path) =>
        Assert.Equal(path, Assert.Throws<AdapterException>(() => new Open311Plugin().Create(Context.With(settings))).Errors[0].Path);

    private static string Id(string id, string more = "") =>
        $"<service_requests><request><service_request_id>{id}</service_request_id>{more}</request></service_requests>";

    private TCapability Adapter<TCapability>()
        where TCapability : class, ICouncilAdapter =>
        Assert.IsType<TCapability>(new Open311Plugin().Create(Context.With(Settings, new HttpClient(_wire))), exactMatch: false);

    /// <summary>Records the requests and returns configured responses.</summary>
    private sealed class Wire : HttpMessageHandler
    {
        public List<string> Sent { get; } = [];

        public Dictionary<string, string> Pages { get; } = new(StringComparer.Ordinal);

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public string Answer { get; set; } = "";

        /// <summary>The bytes of the response, if they are not those of <see cref="Answer"/> in UTF-8.</summary>
        public byte[]? Bytes { get; set; }

        public string Type { get; set; } = "text/xml; charset=utf-8";

        public string? Location { get; set; }

        public string? RetryAfter { get; set; }

        public string? IdempotencyKey { get; private set; }

        public Exception? Failure { get; set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            lock (Sent)
                Sent.Add($"{request.Method} {request.RequestUri!.AbsoluteUri} ");
            if (request.Content is not null)
                Sent[^1] += await request.Content.ReadAsStringAsync(cancellationToken);
            IdempotencyKey = request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null;
            if (Failure is not null)
                throw Failure;

            var file = request.RequestUri.AbsolutePath["/v2/".Length..];
            var known = Pages.TryGetValue(file, out var page);
            var response = new HttpResponseMessage(known ? HttpStatusCode.OK : Status)
            {
                Content = new ByteArrayContent(known ? Encoding.UTF8.GetBytes(page!) : Bytes ?? Encoding.UTF8.GetBytes(Answer)),
            };
            response.Content.Headers.TryAddWithoutValidation("Content-Type", Type);
            if (Location is not null)
                response.Headers.TryAddWithoutValidation("Location", Location);
            if (RetryAfter is not null)
                response.Headers.TryAddWithoutValidation("Retry-After", RetryAfter);
            return response;
        }
    }
}
