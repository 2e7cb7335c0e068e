using System.Text.Json;

namespace PluginGateway.Host.Open311;

/// <summary>Reads the values of an answer in JSON, which some clients send instead of repeated fields.</summary>
internal static class JsonValues
{
    /// <summary>Returns the values of a string, number, Boolean or list of these; null for any other JSON. JSON null gives no values.</summary>
    public static IReadOnlyList<string>? Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Array when json.EnumerateArray().All(v => Scalar(v) is not null) => [.. json.EnumerateArray().Select(v => Scalar(v)!)],
        _ => Scalar(json) is { } value ? [value] : null,
    };

    /// <summary>Returns the values of a JSON list; null if the text is not one.</summary>
    public static IReadOnlyList<string>? OfList(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("["))
            return null;

        try
        {
            using var json = JsonDocument.Parse(text);
            return Of(json.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text contains half of a surrogate pair.
            return null;
        }
    }

    private static string? Scalar(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => json.GetRawText(),
        _ => null,
    };
}
