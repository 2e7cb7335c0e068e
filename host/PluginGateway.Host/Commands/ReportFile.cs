using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Primitives;
using PluginGateway.Core.Councils;

namespace PluginGateway.Host.Commands;

/// <summary>
/// Reads a report from a JSON file with Open311's field names, which a client would send as a form. Answers are in
/// <c>"attribute": { code: value }</c> or in members named <c>"attribute[code]"</c>.
/// </summary>
internal static class ReportFile
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Returns the fields, and the time of receipt if the file contains it; or the error.</summary>
    public static (IReadOnlyDictionary<string, StringValues>? Fields, DateTimeOffset? Received, string? Error) Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            using var json = JsonDocument.Parse(content, Lenient);
            if (JsonText.FindProblem(content.Span) is { } problem)
                return (null, null, problem);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                return (null, null, "must be an object");

            var fields = new Dictionary<string, StringValues>(StringComparer.OrdinalIgnoreCase);
            DateTimeOffset? received = null;
            foreach (var member in json.RootElement.EnumerateObject())
            {
                if (member.Name == "requested_datetime")
                {
                    if (!DateTimeOffset.TryParse(member.Value.ToString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
                        return (null, null, "$.requested_datetime is not a valid time");
                    received = time;
                }
                else if (member is { Name: "attribute" or "attributes", Value.ValueKind: JsonValueKind.Object })
                {
                    foreach (var answer in member.Value.EnumerateObject())
                        if (!Add(fields, $"attribute[{answer.Name}]", answer.Value))
                            return (null, null, $"$.{member.Name}.{answer.Name} must be a string, a number or a list of them");
                }
                else if (!Add(fields, member.Name, member.Value))
                {
                    return (null, null, $"$.{member.Name} must be a string, a number or a list of them");
                }
            }

            return (fields, received, null);
        }
        catch (JsonException e)
        {
            return (null, null, $"is not valid JSON: line {e.LineNumber + 1}, character {e.BytePositionInLine + 1}");
        }
    }

    private static bool Add(Dictionary<string, StringValues> fields, string name, JsonElement value)
    {
        var values = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToList() : [value];
        if (values.Exists(v => v.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Undefined))
            return false;
        var given = new StringValues(
            [.. values.Where(v => v.ValueKind != JsonValueKind.Null).Select(v => v.ValueKind == JsonValueKind.String ? v.GetString() : v.GetRawText())]);
        fields[name] = StringValues.Concat(fields.GetValueOrDefault(name), given);
        return true;
    }
}
