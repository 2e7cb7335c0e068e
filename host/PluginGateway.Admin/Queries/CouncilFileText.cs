using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Core.Councils;

namespace PluginGateway.Admin.Queries;

/// <summary>
/// Returns a council file in the form that may be shown: without comments, and only with the values of members that are known to contain no secrets.
/// References to secrets by name are shown.
/// </summary>
internal static partial class CouncilFileText
{
    private const int MaxLength = 20_000;
    private const string NotShown = "[not shown]";
    private const string Settings = "settings";

    /// <summary>The members of a council file, except those of the settings of back ends.</summary>
    private static readonly FrozenSet<string> Members = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "jurisdictionId", "name", "aliases", "timeZone", "mode", "answerWithin", "whenSlow", "sendMethod", "catalogue", "keyForReads", "south", "west", "north",
        "east", "adapter", "prefix", "limit", "rate", "attemptWithin", "repeat", "idPattern", "folder", "remove", "code", "description", "group", "groups",
        "keywords", "type", "hide", "backend", "help", "required", "variable", "automated", "allowAny", "key", "disableMessage", "at", "evenIfPaused", "from",
        "until", "days", "to", "template", "service", "received", "lat", "long", "priority", "facts");

    /// <summary>Settings of back ends whose values are shown, whatever the adapter is.</summary>
    private static readonly FrozenSet<string> SafeSettings = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "address", "endpoint", "endpointUrl", "jurisdictionId", "to", "template", "ignoreServices", "updatesPath", "uploads", "externalIdPrefix", "siteName",
        "caseColumn", "dateColumn", "dateFormat", "line", "type");

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Show(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer, Indented))
                Write(json.RootElement, writer, "", Members);
            var text = Encoding.UTF8.GetString(buffer.WrittenSpan);
            return text.Length > MaxLength ? text[..MaxLength] + "\n…" : text;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"The file cannot be read: {e.Message}";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text contains half of a surrogate pair.
            return "The file is not valid JSON and is not shown, because secrets in it cannot be recognised.";
        }
    }

    /// <param name="json">The value.</param>
    /// <param name="writer">The writer.</param>
    /// <param name="name">The name of the member that contains the value.</param>
    /// <param name="safe">The members whose values are shown.</param>
    private static void Write(JsonElement json, Utf8JsonWriter writer, string name, FrozenSet<string> safe)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Write(member.Value, writer, member.Name, member.NameEquals(Settings) ? SafeSettings : safe);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in json.EnumerateArray())
                    Write(item, writer, name, safe);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when json.GetString() is { } text:
                var isShown = SettingsSubstitution.SecretName(text) is not null || (safe.Contains(name) && !SecretText().IsMatch(text));
                writer.WriteStringValue(isShown ? text : NotShown);
                break;
            default:
                if (json.ValueKind is JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False || safe.Contains(name))
                    json.WriteTo(writer);
                else
                    writer.WriteStringValue(NotShown);
                break;
        }
    }

    /// <summary>A user name and password or an argument in a URL, or a secret in a connection string.</summary>
    [GeneratedRegex(
        "://[^/@ ]+@|://[^ ]*[?&]|(pwd|password|secret|token|api_?key) *=",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex SecretText();
}
