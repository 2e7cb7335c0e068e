using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Acme;

/// <summary>Sends HTTP calls to the system and classifies failures. No other part of the adapter handles status codes.</summary>
internal sealed class AcmeClient(AcmeSettings settings, HttpClient http)
{
    private readonly Uri _address = new(settings.Address.EndsWith('/') ? settings.Address : settings.Address + "/");

    /// <summary>Sends a call that changes nothing. The call can be repeated, so a failure to get a valid response is transient.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            using var request = Request(HttpMethod.Get, path);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            Check(response);
            return await response.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", $"{path}: {e.Message}", innerException: e);
        }
    }

    /// <summary>Sends a call that creates something. If no valid response arrives after the first byte was sent, the outcome is unknown.</summary>
    public async Task<TAnswer> CreateAsync<T, TAnswer>(
        string path, T message, JsonTypeInfo<T> type, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
    {
        try
        {
            using var request = Request(HttpMethod.Post, path);
            request.Content = JsonContent.Create(message, type);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            Check(response);
            return await response.Content.ReadFromJsonAsync(answerType, cancellationToken) ?? throw new JsonException("null");
        }
        catch (HttpRequestException e)
            when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", $"{path}: {e.Message}", innerException: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            throw AdapterException.OutcomeUnknown("The council's system did not answer.", $"{path}: {e.Message}", e);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(_address, path));
        request.Headers.Add("X-Api-Key", settings.ApiKey);
        return request;
    }

    private static void Check(HttpResponseMessage response)
    {
        var detail = $"{(int)response.StatusCode} {response.ReasonPhrase}";
        switch (response.StatusCode)
        {
            case < HttpStatusCode.MultipleChoices:
                return;
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw AdapterException.Misconfigured("The council's system rejected our API key. Ask the council for a new one.", detail);
            case HttpStatusCode.TooManyRequests:
                throw AdapterException.Transient("The council's system is busy.", detail, response.Headers.RetryAfter?.Delta, slowDown: true);
            case HttpStatusCode.UnprocessableEntity:
                // The only status with which this system refuses a particular report. When in doubt, use Transient.
                throw AdapterException.Rejected("The council's system refused this report.", detail);
            default:
                throw AdapterException.Transient("The council's system reported an error.", detail);
        }
    }
}
