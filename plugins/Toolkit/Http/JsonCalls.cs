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
    /// <param name="refusal">
    /// Returns the message in the system's error body; null if the body is not an error of the system. It need not check the kinds of members: an exception
    /// that <see cref="JsonElement"/> throws counts as null.
    /// </param>
    /// <returns>The value.</returns>
    /// <exception cref="AdapterException">
    /// The status is not 2xx (see <see cref="HttpResult.Refusal"/>), or the body is not the expected JSON, for example an error page or truncated (see
    /// <see cref="HttpResult.Unreadable"/>).
    /// </exception>
    public static T Read<T>(HttpResult answer, JsonTypeInfo<T> type, Func<JsonElement, string?>? refusal = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (!answer.IsSuccess)
            throw answer.Refusal(refusal is null ? null : WordsOf(answer.Text, refusal));

        try
        {
            if (JsonSerializer.Deserialize(answer.Text, type) is { } value)
                return value;
        }
        catch (JsonException)
        {
            // The failure is reported below.
        }

        throw answer.Unreadable("not the expected JSON");
    }

    private static string? WordsOf(string body, Func<JsonElement, string?> refusal)
    {
        try
        {
            return body.Length > 0 ? refusal(JsonElement.Parse(body)) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or IndexOutOfRangeException)
        {
            // The body does not look like an error of the system, or a text contains half of a surrogate pair.
            return null;
        }
    }
}
