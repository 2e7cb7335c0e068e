using System.Net;
using System.Text.Json;
using System.Xml.Linq;

namespace PluginGateway.Testing;

/// <summary>An HTTP response as a client receives it.</summary>
internal sealed record HttpReply(HttpStatusCode Status, string? ContentType, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public XElement Xml => XDocument.Parse(Body).Root!;

    public JsonElement Json => JsonElement.Parse(Body);

    /// <summary>The report's id in the response to a POST of a report.</summary>
    public string Id => Xml.Element("request")!.Element("service_request_id")!.Value;

    /// <summary>The descriptions of an XML error body.</summary>
    public IReadOnlyList<string> Errors => [.. Xml.Elements("error").Select(e => e.Element("description")!.Value)];

    public static async Task<HttpReply> ReadAsync(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase);
        return new HttpReply(response.StatusCode, response.Content.Headers.ContentType?.ToString(), await response.Content.ReadAsStringAsync(), headers);
    }
}
