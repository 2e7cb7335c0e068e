using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Replaces <c>${secret:NAME}</c> and <c>${self}</c> in the settings of a back end. The result contains secrets and must not leave the
/// process.
/// </summary>
internal sealed partial class SettingsSubstitution(ISecrets secrets, IPublicUrl self)
{
    /// <summary>
    /// Returns the settings with all placeholders replaced. Unknown placeholders and missing secrets are added to
    /// <paramref name="errors"/>.
    /// </summary>
    public JsonElement Substitute(JsonElement settings, string path, ICollection<SettingsError> errors)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            Copy(settings, writer, path, errors);
        return JsonElement.Parse(buffer.WrittenSpan);
    }

    /// <summary>Returns the names of the secrets in the settings of a back end.</summary>
    public static IReadOnlyList<string> SecretNames(JsonElement settings) => settings.ValueKind is JsonValueKind.Undefined
        ? []
        : [.. Placeholder().Matches(settings.GetRawText()).Select(m => m.Groups[1].Value).Where(n => n.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Identifies the current values of a back end's secrets, without containing them.</summary>
    public string VersionOfSecrets(BackEnd backEnd) => string.Join('\n', backEnd.SecretNames.Select(secrets.VersionOf));

    private void Copy(JsonElement json, Utf8JsonWriter writer, string path, ICollection<SettingsError> errors)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    Copy(member.Value, writer, $"{path}.{member.Name}", errors);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                var index = 0;
                foreach (var item in json.EnumerateArray())
                    Copy(item, writer, $"{path}[{index++}]", errors);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String when json.GetString() is { } text && text.Contains("${", StringComparison.Ordinal):
                writer.WriteStringValue(Placeholder().Replace(text, m => Value(m, path, errors)));
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    private string Value(Match match, string path, ICollection<SettingsError> errors)
    {
        if (match.Value == "${self}")
            return self.Url.TrimEnd('/');
        if (match.Groups[1] is { Success: true, Value: var name } && secrets.Find(name) is { } secret)
            return secret;

        errors.Add(new SettingsError
        {
            Path = path,
            Message = match.Groups[1] is { Success: true, Value: var missing }
                ? $"the secret {missing} is missing; set the environment variable {missing} or create the file {missing} in the secrets folder"
                : $"{match.Value} is not known; known placeholders: ${{secret:NAME}}, ${{self}}",
        });
        return "";
    }

    [GeneratedRegex(@"\$\{(?:secret:([A-Za-z0-9_.-]+)|[^}]*)\}", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Placeholder();
}

internal interface ISecrets
{
    string? Find(string name);

    /// <summary>Identifies the current value of a secret on this host, without containing it; empty if there is no such secret.</summary>
    string VersionOf(string name);
}

/// <summary>The gateway's own base URL, as clients and back ends reach it.</summary>
internal interface IPublicUrl
{
    string Url { get; }
}
