using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using PluginGateway.Contracts;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Adapters.Open311.Tests;

/// <summary>Runs the adapter conformance tests against the Open311 adapter.</summary>
public sealed class Open311ConformanceTests : AdapterConformance
{
    protected override string Settings => $$"""{ "endpoint": "{{BackEndSimulator.Address}}", "apiKey": "k" }""";

    protected override IAdapterPlugin CreatePlugin() => new Open311Plugin();

    protected override BackEndSimulator CreateBackEnd() => new Endpoint();

    /// <summary>An Open311 endpoint that does not recognise repeats and returns tokens instead of ids.</summary>
    private sealed class Endpoint : BackEndSimulator
    {
        private int _created;

        public override int Created => _created;

        public override async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken ct)
        {
            var path = request.RequestUri!.AbsolutePath[Address.AbsolutePath.Length..];
            switch (request.Method.Method, path)
            {
                case ("GET", "services.xml"):
                    return Xml($"<services>{string.Concat(Enumerable.Range(1, Entries).Select(i => $"<service><service_code>S{i}</service_code><service_name>Service {i}</service_name><metadata>true</metadata></service>"))}</services>");
                case ("GET", _) when path.StartsWith("services/", StringComparison.Ordinal):
                    return Xml("<service_definition><attributes><attribute><variable>true</variable><code>A</code><datatype>string</datatype><required>true</required><description>A?</description></attribute></attributes></service_definition>");
                case ("POST", "requests.xml"):
                    var form = QueryHelpers.ParseQuery(await request.Content!.ReadAsStringAsync(ct));
                    if (form["api_key"] != "k" || form["attribute[A]"].Count == 0)
                        return Xml("<errors><error><code>400</code><description>incomplete</description></error></errors>", HttpStatusCode.BadRequest);
                    return Xml($"<service_requests><request><token>T{++_created}</token></request></service_requests>");
                case ("GET", _) when path.StartsWith("tokens/", StringComparison.Ordinal):
                    return Xml($"<service_requests><request><token>{path[7..^4]}</token><service_request_id>{path[8..^4]}</service_request_id></request></service_requests>");
                case ("GET", "servicerequestupdates.xml"):
                    return Xml($"<service_requests_updates>{string.Concat(Enumerable.Range(1, Entries).Select(i => $"<request_update><update_id>{i}</update_id><service_request_id>7</service_request_id><status>open</status><updated_datetime>2026-03-01T0{i}:00:00Z</updated_datetime><description>update</description></request_update>"))}</service_requests_updates>");
                default:
                    return Xml("<errors><error><code>404</code><description>not found</description></error></errors>", HttpStatusCode.NotFound);
            }
        }

        private static HttpResponseMessage Xml(string body, HttpStatusCode status = HttpStatusCode.OK) =>
            new(status) { Content = new StringContent(body, Encoding.UTF8, "text/xml") };
    }
}
