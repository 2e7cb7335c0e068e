using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using PluginGateway.Contracts;
using PluginGateway.Core.KeyRing;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Replaces <c>${secret:NAME}</c> and <c>${self}</c> in the settings of a back end. A secret is always a whole value: as part of a longer one, such as a URL,
/// it would be logged with it. The result contains secrets and must not leave the process.
/// </summary>
internal sealed partial class SettingsSubstitution(ISecrets secrets, IPublicUrl self)
{
    /// <summary>The gateway's own secrets, which no back end gets.</summary>
    private static readonly string[] OwnSecrets = [KeyWrapping.KeyName, KeyWrapping.CertificatePassword, "OPENID_CLIENT_SECRET"];

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
    public static IReadOnlyList<string> SecretNames(JsonElement settings) => [.. Names(settings).Distinct(StringComparer.Ordinal)];

    /// <summary>Returns the name of the secret that a value refers to; null if it is no reference to a secret.</summary>
    public static string? SecretName(string value) => Secret().Match(value) is { Success: true } match ? match.Groups[1].Value : null;

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
                writer.WriteStringValue(SecretName(text) is { } name ? Find(name, path, errors) : Placeholder().Replace(text, m => Value(m, path, errors)));
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    private static IEnumerable<string> Names(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(m => Names(m.Value)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Names),
        JsonValueKind.String when SecretName(json.GetString()!) is { } name => [name],
        _ => [],
    };

    private string Find(string name, string path, ICollection<SettingsError> errors)
    {
        // Windows ignores the case of file names and dots at their end.
        var isOwn = OwnSecrets.Contains(name.TrimEnd('.'), StringComparer.OrdinalIgnoreCase);
        if (!isOwn && secrets.Find(name) is { } secret)
            return secret;

        errors.Add(new SettingsError
        {
            Path = path,
            Message = isOwn ? $"the secret {name} is the gateway's own and cannot be used in a council file" : secrets.DescribeMissing(name),
        });
        return "";
    }

    private string Value(Match match, string path, ICollection<SettingsError> errors)
    {
        if (match.Value == "${self}")
            return self.Url.TrimEnd('/');

        errors.Add(new SettingsError
        {
            Path = path,
            Message = match.Value.StartsWith("${secret:", StringComparison.Ordinal)
                ? "a secret must be the whole value, such as \"${secret:NAME}\", and its name must consist of letters, digits, . - _"
                : $"{match.Value} is not known; known placeholders: ${{secret:NAME}}, ${{self}}",
        });
        return "";
    }

    [GeneratedRegex(@"\A\$\{secret:([A-Za-z0-9_.-]+)\}\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Secret();

    [GeneratedRegex(@"\$\{[^}]*\}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Placeholder();
}

internal interface ISecrets
{
    string? Find(string name);

    /// <summary>Describes where a secret that does not exist must be created.</summary>
    string DescribeMissing(string name);

    /// <summary>Identifies the current value of a secret on this host, without containing it; empty if there is no such secret.</summary>
    string VersionOf(string name);
}

/// <summary>The gateway's own base URL, as clients and back ends reach it.</summary>
internal interface IPublicUrl
{
    string Url { get; }
}
