using System.Globalization;
using System.Net;
using System.Xml.Linq;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Open311;

/// <summary>HTTP to the endpoint: addresses, and what each way of failing means.</summary>
internal sealed class Open311Client(Open311Settings settings, HttpClient http, TimeProvider time)
{
    private readonly Uri _endpoint = new(settings.Endpoint.EndsWith('/') ? settings.Endpoint : settings.Endpoint + "/");

    public Open311Settings Settings => settings;

    /// <summary>Reads; nothing is created whatever happens.</summary>
    public async Task<XElement> GetAsync(string path, IReadOnlyList<(string Name, string? Value)> arguments, CancellationToken ct)
    {
        var query = arguments.Append(("jurisdiction_id", settings.JurisdictionId))
            .Where(a => !string.IsNullOrEmpty(a.Item2))
            .Select(a => $"{a.Item1}={Uri.EscapeDataString(a.Item2!)}");
        var address = new Uri(_endpoint, $"{path}?{string.Join('&', query)}".TrimEnd('?'));
        try
        {
            using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, ct);
            var body = await Open311Xml.ReadAsync(response.Content, ct);
            if (!response.IsSuccessStatusCode)
                throw Refusal(response, body);
            return body ?? throw AdapterException.Transient("The council's system gave an answer that cannot be read.", $"{path}: {(int)response.StatusCode}, no Open311 XML");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), inner: e);
        }
    }

    /// <summary>Creates something. From the first byte sent on, no answer means that it is not known.</summary>
    public async Task<XElement> CreateAsync(string path, HttpContent form, string? idempotencyKey, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_endpoint, path)) { Content = form };
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            var body = await Open311Xml.ReadAsync(response.Content, ct);
            // A proxy between here and there gave up: whether the other side took it is not known.
            if (response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout)
                throw AdapterException.OutcomeUnknown("The council's system did not answer.", $"{path}: {(int)response.StatusCode} {response.ReasonPhrase}");
            if (!response.IsSuccessStatusCode)
                throw Refusal(response, body);
            return body ?? throw AdapterException.OutcomeUnknown(
                "The council's system gave an answer that cannot be read.", $"{path}: {(int)response.StatusCode}, no Open311 XML");
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), inner: e);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            // Only connecting has a time limit of its own: nothing left.
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw AdapterException.OutcomeUnknown("The council's system did not answer.", Describe(e), e);
        }
    }

    /// <summary>
    /// GeoReport v2: 403 is a wrong key, 400 and 404 with an error body are a no to this report. An error without the standard's body could
    /// be anything between here and there, so it is only a failed try.
    /// </summary>
    private AdapterException Refusal(HttpResponseMessage response, XElement? body)
    {
        var errors = body is null ? [] : Open311Answers.Errors(body);
        var words = errors.Count > 0 ? string.Join(" ", errors) : "The council's system refused the call.";
        var detail = string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {response.ReasonPhrase}: {string.Join(" ", errors)}");
        return response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => AdapterException.Misconfigured("The council's system does not accept the gateway's key.", detail),
            HttpStatusCode.TooManyRequests => AdapterException.Transient("The council's system is busy.", detail, RetryAfter(response), slowDown: true),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest =>
                AdapterException.Misconfigured("The council's system has moved.", $"{detail} to {response.Headers.Location}"),
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity when errors.Count > 0 =>
                AdapterException.Rejected(words, detail),
            _ => AdapterException.Transient("The council's system has trouble at the moment.", detail, RetryAfter(response)),
        };
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
        _ => null,
    };

    private static string Describe(Exception e) => e.InnerException is { } inner ? $"{e.Message} ({inner.Message})" : e.Message;
}
