using System.Net;
using NSubstitute;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;
using PluginGateway.Testing;

namespace PluginGateway.Adapters.Open311.Tests;

/// <summary>Tests every call of the adapter with damaged and malicious answers.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Answers =
    [
        "<service_requests><request><service_request_id>7</service_request_id><token>t</token><status>open</status><lat>51.5</lat><long>-0.1</long>"
            + "<requested_datetime>2026-11-29T10:00:00Z</requested_datetime><media_url>http://x/y.jpg</media_url></request></service_requests>",
        "<services><service><service_code>1</service_code><service_name>Bin</service_name><metadata>true</metadata><type>realtime</type></service></services>",
        "<service_definition><service_code>1</service_code><attributes><attribute><variable>true</variable><code>a</code><datatype>singlevaluelist</datatype>"
            + "<required>true</required><order>1</order><values><value><key>k</key><name>n</name></value></values></attribute></attributes></service_definition>",
        "<service_request_updates><request_update><update_id>9</update_id><service_request_id>7</service_request_id><status>closed</status>"
            + "<updated_datetime>2026-11-29T10:00:00+01:00</updated_datetime><description>d</description></request_update></service_request_updates>",
        "<errors><error><code>400</code><description>no</description></error></errors>",
        "[ { \"service_request_id\": 7, \"attributes\": { \"a\": [ \"b\" ] } } ]",
    ];

    private readonly IAttempt _attempt = Substitute.For<IAttempt>();

    public FuzzTests()
    {
        _attempt.DeliveryKey.Returns("key-1");
        _attempt.Notes.Returns(new Dictionary<string, string>());
    }

    [Theory]
    [InlineData(HttpStatusCode.OK, "text/xml")]
    [InlineData(HttpStatusCode.OK, "application/json; charset=utf-16")]
    [InlineData(HttpStatusCode.BadRequest, "text/xml; charset=nonsense")]
    public void Answers_are_understood_or_classified(HttpStatusCode status, string type) => Fuzz.Run(
        Answers,
        content =>
        {
            using var http = new HttpClient(new Wire { Bytes = content, Status = status, Type = type });
            var adapter = new Open311Plugin().Create(Context.With("""{ "endpoint": "https://council.example/v2" }""", http));
            var window = new UpdateWindow { Start = Some.Time, End = Some.Time.AddHours(1), Documents = new TestDocuments() };
            Call(() => ((IServiceCatalogue)adapter).GetServicesAsync(default));
            Call(() => ((IRequestSender)adapter).SubmitAsync(Some.Request(), _attempt, default));
            Call(() => ((IUpdateSource)adapter).CollectAsync(window, default));
            Call(() => ((IRequestSource)adapter).GetRequestsAsync(new RequestQuery { BackEndIds = ["7"] }, default));
        });

    private static void Call(Func<Task> call)
    {
        try
        {
            call().GetAwaiter().GetResult();
        }
        catch (AdapterException)
        {
            // The documented answer to content that cannot be read.
        }
    }
}
