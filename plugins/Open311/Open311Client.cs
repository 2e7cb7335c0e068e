using System.Xml.Linq;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Adapters.Toolkit.Xml;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>HTTP to the endpoint: addresses, and what each way of failing means.</summary>
internal sealed class Open311Client(Open311Settings settings, HttpClient http, TimeProvider time)
{
    private readonly Uri _endpoint = new(settings.Endpoint.EndsWith('/') ? settings.Endpoint : settings.Endpoint + "/");

    public Open311Settings Settings => settings;

    /// <summary>Reads; nothing is created whatever happens.</summary>
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
            "The council's system gave an answer that cannot be read.", $"{path}: {answer.StatusLine}, no Open311 XML");
    }

    /// <summary>Creates something. From the first byte sent on, no answer means that it is not known.</summary>
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
            "The council's system gave an answer that cannot be read.", $"{path}: {answer.StatusLine}, no Open311 XML");
    }

    /// <summary>GeoReport v2: errors come in a body of their own. One without that could be from anything between here and there.</summary>
    private static AdapterException Refusal(HttpResult answer, XElement? body) =>
        answer.Refusal(body is not null && Open311Reader.Errors(body) is { Count: > 0 } errors ? string.Join(" ", errors) : null);
}
