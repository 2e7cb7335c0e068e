using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PluginGateway.Admin.Queries;

/// <summary>
/// Returns a council file in the form that may be shown: without comments, and without values whose name or content suggests a secret. References to
/// secrets by name are kept.
/// </summary>
internal static partial class CouncilFileText
{
    private const int MaxLength = 20_000;
    private const string NotShown = "[not shown]";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Show(string path)
    {
        try
        {
            var root = JsonNode.Parse(File.ReadAllBytes(path), documentOptions: Lenient);
            var text = Mask(root, isSecret: false)?.ToJsonString(Indented) ?? "";
            return text.Length > MaxLength ? text[..MaxLength] + "\n…" : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The file cannot be read: {e.Message}";
        }
        catch (JsonException)
        {
            return "The file is not valid JSON and is not shown, because secrets in it cannot be recognised.";
        }
    }

    private static JsonNode? Mask(JsonNode? node, bool isSecret)
    {
        switch (node)
        {
            case JsonObject inner:
                return new JsonObject(inner.Select(p => KeyValuePair.Create(p.Key, Mask(p.Value, isSecret || SecretName().IsMatch(p.Key)))));
            case JsonArray list:
                return new JsonArray([.. list.Select(n => Mask(n, isSecret))]);
            case JsonValue value when value.TryGetValue<string>(out var text):
                return text.StartsWith("${secret:", StringComparison.Ordinal) ? text
                    : isSecret || SecretText().IsMatch(text) ? NotShown
                    : text;
            case JsonValue when isSecret:
                return NotShown;
            default:
                return node?.DeepClone();
        }
    }

    [GeneratedRegex(
        "passw|pwd|secret|token|apikey|api_key|^key$|authorization|credential|connection",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex SecretName();

    /// <summary>A user name and password in a URL, or a secret in a connection string.</summary>
    [GeneratedRegex(
        "://[^/@ ]+@|(pwd|password|secret|token|api_?key) *=", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex SecretText();
}
