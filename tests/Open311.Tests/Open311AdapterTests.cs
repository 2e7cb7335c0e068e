using System.Net;
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
    public async Task Definition_that_cannot_be_read_costs_only_its_questions()
    {
        _wire.Pages["services.xml"] =
            "<services><service><service_code>A</service_code><service_name>One</service_name><metadata>true</metadata></service></services>";
        _wire.Status = HttpStatusCode.InternalServerError;

        var service = Assert.Single(await Adapter<IServiceCatalogue>().GetServicesAsync(default));

        Assert.Equal("A", service.Code);
        Assert.Contains("500", service.AttributesProblem, StringComparison.Ordinal);
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

    private TCapability Adapter<TCapability>()
        where TCapability : class, ICouncilAdapter =>
        Assert.IsType<TCapability>(new Open311Plugin().Create(Context.With(Settings, new HttpClient(_wire))), exactMatch: false);
}
