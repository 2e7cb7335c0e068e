using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>Calls to systems that speak JSON.</summary>
public static class JsonCalls
{
    /// <summary>JSON as the content of a call. (<see cref="System.Net.Http.Json.JsonContent"/> would keep the plug-in in memory.)</summary>
    /// <typeparam name="T">What is sent.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="type">Its source-generated metadata.</param>
    /// <returns>The content.</returns>
    public static HttpContent Content<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        return content;
    }

    /// <summary>Reads a good answer as JSON.</summary>
    /// <typeparam name="T">What is expected.</typeparam>
    /// <param name="answer">The answer.</param>
    /// <param name="type">The source-generated metadata of what is expected.</param>
    /// <param name="created">Whether the call was one that creates: then an answer that cannot be read leaves open whether it did.</param>
    /// <param name="refusal">What the system's error body says in words, if the body is one.</param>
    /// <returns>The value.</returns>
    /// <exception cref="AdapterException">The status is not good, or the body is something else: an error page, half an answer.</exception>
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
            // Said below.
        }

        const string Words = "The council's system gave an answer that cannot be read.";
        var detail = $"{answer.StatusLine}, {(answer.ContentType.Length > 0 ? answer.ContentType : "no content type")}: not the JSON expected";
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
