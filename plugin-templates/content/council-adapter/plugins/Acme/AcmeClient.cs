using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginGateway.Adapters.Toolkit.Http;

namespace PluginGateway.Adapters.Acme;

/// <summary>Sends HTTP calls to the system. The toolkit classifies the failures, so the adapter does not handle status codes.</summary>
internal sealed class AcmeClient(AcmeSettings settings, HttpClient http, TimeProvider time)
{
    private readonly Uri _address = new(settings.Address.EndsWith('/') ? settings.Address : settings.Address + "/");

    /// <summary>Sends a call that changes nothing. The call can be repeated, so a failure to get a valid response is transient.</summary>
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        JsonCalls.Read(await HttpCalls.ReadAsync(http, Request(HttpMethod.Get, path), time, cancellationToken), type, ErrorIn);

    /// <summary>Sends a call that creates something. If no clear response arrives after the first byte was sent, the outcome is unknown.</summary>
    public async Task<TAnswer> CreateAsync<T, TAnswer>(
        string path, T message, JsonTypeInfo<T> type, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        var request = Request(HttpMethod.Post, path);
        request.Content = JsonCalls.Content(message, type);
        return JsonCalls.Read(await HttpCalls.ChangeAsync(http, request, time, cancellationToken), answerType, ErrorIn);
    }

    /// <summary>
    /// Returns the message in an error body of the system itself; null for any other body. With such a body, a status from 400 to 499 means that the
    /// system definitely refused the call.
    /// </summary>
    private static string? ErrorIn(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
            ? error.GetString()
            : null;

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(_address, path));
        request.Headers.Add("X-Api-Key", settings.ApiKey);
        return request;
    }
}
