using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>Writes and reads JSON in calls to a council's system.</summary>
public static class JsonCalls
{
    /// <summary>
    /// Creates the JSON content of a call. Use it instead of <see cref="System.Net.Http.Json.JsonContent"/>, which would keep the plug-in in memory.
    /// </summary>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="type">The source-generated metadata of the type.</param>
    /// <returns>The content.</returns>
    public static HttpContent Content<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return content;
    }

    /// <summary>Reads a successful response as JSON.</summary>
    /// <typeparam name="T">The expected type.</typeparam>
    /// <param name="answer">The response.</param>
    /// <param name="type">The source-generated metadata of the expected type.</param>
    /// <param name="created">Whether the call creates something. If so, the outcome is unknown when a response with status 2xx cannot be read.</param>
    /// <param name="refusal">Returns the message in the system's error body; null if the body is not an error of the system.</param>
    /// <returns>The value.</returns>
    /// <exception cref="AdapterException">
    /// The status is not 2xx (see <see cref="HttpResult.Refusal"/>), or the body is not the expected JSON, for example an error page or truncated.
    /// </exception>
    public static T Read<T>(HttpResult answer, JsonTypeInfo<T> type, bool created, Func<JsonElement, string?>? refusal = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (!answer.IsSuccess)
            throw answer.Refusal(Parse(answer.Body) is { } body ? refusal?.Invoke(body) : null);

        try
        {
            if (answer.Body is { } bytes && JsonSerializer.Deserialize(bytes, type) is { } value)
                return value;
        }
        catch (JsonException)
        {
            // The failure is reported below.
        }

        const string Words = "The council's system sent an invalid response.";
        var detail = $"{answer.StatusLine}, {(answer.ContentType.Length > 0 ? answer.ContentType : "no content type")}: not the expected JSON";
        throw created ? AdapterException.OutcomeUnknown(Words, detail) : AdapterException.Transient(Words, detail);
    }

    private static JsonElement? Parse(byte[]? body)
    {
        try
        {
            return body is { Length: > 0 } ? JsonElement.Parse(body) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
