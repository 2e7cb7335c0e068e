using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using PluginGateway.Contracts.Testing;

namespace PluginGateway.Adapters.Acme.Tests;

/// <summary>A simulator of Acme in its real wire format. Make it as strict as the real system.</summary>
internal sealed class AcmeBackEnd : BackEndSimulator
{
    private readonly List<(string Reference, string Id)> _cases = [];

    public override int Created => _cases.Count;

    /// <summary>The last case that was sent.</summary>
    public JsonNode? Last { get; private set; }

    public override async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Headers.TryGetValues("X-Api-Key", out var keys) || keys.Single() != "key")
            return new HttpResponseMessage(HttpStatusCode.Unauthorized);

        switch (request.Method.Method, request.RequestUri!.AbsolutePath[Address.AbsolutePath.Length..])
        {
            case ("GET", "categories"):
                return Json(new JsonArray([.. Enumerable.Range(1, Entries).Select(i => new JsonObject { ["code"] = $"C{i}", ["name"] = $"Category {i}" })]));
            case ("POST", "cases"):
                Last = await request.Content!.ReadFromJsonAsync<JsonNode>(cancellationToken);
                _cases.Add(((string)Last!["reference"]!, $"A-{_cases.Count + 1}"));
                return Json(new JsonObject { ["id"] = _cases[^1].Id }, HttpStatusCode.Created);
            case ("GET", "cases"):
                var reference = Uri.UnescapeDataString(request.RequestUri.Query.Split('=')[1]);
                return Json(new JsonObject { ["cases"] = new JsonArray(
                    [.. _cases.Where(c => c.Reference == reference).Select(c => new JsonObject { ["id"] = c.Id })]) });
            case ("GET", "changes"):
                return Json(new JsonObject { ["changes"] = new JsonArray([.. Enumerable.Range(1, Entries).Select(Change)]) });
            default:
                return new HttpResponseMessage(HttpStatusCode.NotFound);
        }
    }

    private static JsonObject Change(int number) =>
        new()
        {
            ["id"] = $"U{number}",
            ["caseId"] = "A-1",
            ["status"] = "in_progress",
            ["text"] = "Somebody is on the way.",
            ["time"] = $"2026-03-0{number}T10:00:00Z",
        };

    private static HttpResponseMessage Json(JsonNode body, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = JsonContent.Create(body) };
}
