using System.Net;
using System.Text.Json;
using System.Xml.Linq;

namespace PluginGateway.Testing;

/// <summary>An answer as a client sees it.</summary>
internal sealed record WireAnswer(HttpStatusCode Status, string? ContentType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public XElement Xml => XDocument.Parse(Body).Root!;

    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The id in the answer to a POST of a report.</summary>
    public string Id => Xml.Element("request")!.Element("service_request_id")!.Value;

    /// <summary>The descriptions of an XML error body.</summary>
    public IReadOnlyList<string> Errors => [.. Xml.Elements("error").Select(e => e.Element("description")!.Value)];

    public static async Task<WireAnswer> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return new WireAnswer(response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync(), headers);
    }
}
