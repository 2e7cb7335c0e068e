using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>Sends HTTP calls to the endpoint and classifies failures.</summary>
internal sealed class Open311Client(Open311Settings settings, HttpClient http, TimeProvider time)
{
    private readonly Uri _endpoint = new(settings.Endpoint.EndsWith('/') ? settings.Endpoint : settings.Endpoint + "/");

    public Open311Settings Settings => settings;

    /// <summary>Sends a call that changes nothing, and returns the root element of the response.</summary>
    public async Task<XElement> GetAsync(string path, IReadOnlyList<(string Name, string? Value)> arguments, CancellationToken cancellationToken)
    {
        var query = arguments.Append(("jurisdiction_id", settings.JurisdictionId))
            .Where(a => !string.IsNullOrEmpty(a.Item2))
            .Select(a => $"{a.Item1}={Uri.EscapeDataString(a.Item2!)}");
        var address = new Uri(_endpoint, $"{path}?{string.Join('&', query)}".TrimEnd('?'));
        var answer = await HttpCalls.ReadAsync(http, new HttpRequestMessage(HttpMethod.Get, address), time, cancellationToken);
        var body = SafeXml.Parse(answer.Body);
        if (!answer.IsSuccess)
            throw Refusal(answer, body);
        return body ?? throw AdapterException.Transient(
            "The council's system sent an invalid response.", $"{path}: {answer.StatusLine}, no Open311 XML");
    }

    /// <summary>Sends a call that creates something. If no response arrives after the first byte was sent, the outcome is unknown.</summary>
    public async Task<XElement> CreateAsync(string path, HttpContent form, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_endpoint, path)) { Content = form };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        var answer = await HttpCalls.ChangeAsync(http, request, time, cancellationToken);
        var body = SafeXml.Parse(answer.Body);
        if (!answer.IsSuccess)
            throw Refusal(answer, body);
        return body ?? throw AdapterException.OutcomeUnknown(
            "The council's system sent an invalid response.", $"{path}: {answer.StatusLine}, no Open311 XML");
    }

    /// <summary>An error of the endpoint has a GeoReport v2 error body. An error without one may come from a proxy.</summary>
    private static AdapterException Refusal(HttpResult answer, XElement? body) =>
        answer.Refusal(body is not null && Open311Reader.Errors(body) is { Count: > 0 } errors ? string.Join(" ", errors) : null);
}
