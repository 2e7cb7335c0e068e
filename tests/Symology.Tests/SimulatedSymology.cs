using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using PluginGateway.Contracts.Testing;
using Symology.Simulator;

namespace PluginGateway.Adapters.Symology.Tests;

/// <summary>Adapts the simulator to the test kit: SOAP on one address, an export on the other.</summary>
internal sealed class SimulatedSymology(bool authenticated) : BackEndSimulator
{
    private readonly SymologyService _service = new(TimeProvider.System) { Login = authenticated ? ("gateway", "secret") : null };

    public override int Created => _service.Cases.Count;

    public static string Settings(bool authenticated) => $$"""
        {
          "endpointUrl": "{{Address}}soap",
          {{(authenticated ? """ "endpointUsername": "gateway", "endpointPassword": "secret",""" : "")}}
          "username": "FMS",
          "customerDefaults": { "CustomerType": "PB", "ContactType": "OL" },
          "categories": {
            "S1": { "name": "Pothole", "parameters": { "ServiceCode": "HWY", "RequestType": "POT", "AnalysisCode1": "CW", "AnalysisCode2": "HOLE" },
              "questions": [ { "code": "depth", "description": "How deep?", "required": true, "values": { "deep": "Deep", "flat": "Not deep" } } ],
              "rules": [ { "when": { "attribute.depth": "deep" }, "then": { "Priority": "P1" } } ] },
            "S2": { "name": "Lamp", "parameters": { "ServiceCode": "SLC" } },
            "S3": { "name": "Sign", "parameters": { "ServiceCode": "HWY" } }
          },
          "updates": { "urls": [ "{{Address}}export.csv" ], "statuses": [ { "when": { "Event Type": "CR" }, "then": { "status": "fixed" } }, { "then": { "status": "open" } } ] }
        }
        """;

    public override async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken ct)
    {
        if (request.Method == HttpMethod.Get)
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Export(), Encoding.UTF8, "text/csv") };

        var action = request.Headers.TryGetValues("SOAPAction", out var values) ? values.Single() : null;
        var answer = _service.Answer(request.Content!.Headers.ContentType!.ToString(), action, await request.Content.ReadAsByteArrayAsync(ct))!.Value;
        var content = new StringContent(answer.Body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(answer.ContentType);
        return new HttpResponseMessage(answer.Status) { Content = content };
    }

    private string Export() => string.Join("\r\n", Enumerable.Range(1, Entries).Select(i =>
        SymologyExports.Row(
            "highways", 560_249 + i, new DateTime(2026, 3, 1, i, 0, 0, DateTimeKind.Unspecified), new Dictionary<string, string> { ["Event Type"] = "CR" }))
        .Prepend(SymologyExports.Header("highways"))) + string.Create(CultureInfo.InvariantCulture, $"\r\n");
}
