using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PluginGateway.Contracts;

/// <summary>
/// Reads a JSON object into a type and says everything that is wrong with it at once, in plain words and with JSON paths.
/// (<see cref="JsonSerializer"/> alone stops at the first mistake and names CLR types.)
/// </summary>
public static class SettingsReader
{
    /// <summary>Reads <paramref name="json"/>; deserialises only when there is no mistake.</summary>
    /// <typeparam name="T">The type to read into.</typeparam>
    /// <param name="json">The object to read.</param>
    /// <param name="type">The type's source-generated metadata. Member names are compared with case.</param>
    /// <param name="mistakes">Receives every unknown member, missing member and wrong kind.</param>
    /// <param name="path">The JSON path of <paramref name="json"/> in its file.</param>
    /// <returns>The value, or null when there was a mistake.</returns>
    public static T? Read<T>(JsonElement json, JsonTypeInfo<T> type, ICollection<SettingsMistake> mistakes, string path = "$")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(mistakes);

        var before = mistakes.Count;
        Walk(json, type, path, mistakes);
        if (mistakes.Count > before)
            return null;

        try
        {
            return json.Deserialize(type);
        }
        catch (JsonException e)
        {
            // What the walk does not know: a converter of the type's own that refused a value.
            mistakes.Add(Mistake(e.Path is null ? path : path + e.Path[1..], "the value cannot be read"));
            return null;
        }
    }

    private static void Walk(JsonElement json, JsonTypeInfo type, string path, ICollection<SettingsMistake> mistakes)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                WalkObject(json, type, path, mistakes);
                break;
            case JsonTypeInfoKind.Enumerable when json.ValueKind == JsonValueKind.Array:
                var element = type.Options.GetTypeInfo(type.ElementType!);
                var index = 0;
                foreach (var item in json.EnumerateArray())
                    Walk(item, element, $"{path}[{index++}]", mistakes);
                break;
            case JsonTypeInfoKind.Enumerable:
                mistakes.Add(Mistake(path, $"must be a list, not {Kind(json)}"));
                break;
            case JsonTypeInfoKind.Dictionary when json.ValueKind == JsonValueKind.Object:
                var value = type.Options.GetTypeInfo(type.ElementType!);
                foreach (var member in Members(json, path, mistakes))
                    Walk(member.Value, value, $"{path}.{member.Name}", mistakes);
                break;
            case JsonTypeInfoKind.Dictionary:
                mistakes.Add(Mistake(path, $"must be an object, not {Kind(json)}"));
                break;
            default:
                WalkValue(json, type, path, mistakes);
                break;
        }
    }

    private static void WalkObject(JsonElement json, JsonTypeInfo type, string path, ICollection<SettingsMistake> mistakes)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            mistakes.Add(Mistake(path, $"must be an object, not {Kind(json)}"));
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in Members(json, path, mistakes))
        {
            seen.Add(member.Name);
            var property = type.Properties.FirstOrDefault(p => string.Equals(p.Name, member.Name, StringComparison.Ordinal));
            if (property is null)
                mistakes.Add(Mistake($"{path}.{member.Name}", Unknown(member.Name, type)));
            else if (member.Value.ValueKind != JsonValueKind.Null || !MayBeNull(property))
                Walk(member.Value, type.Options.GetTypeInfo(property.PropertyType), $"{path}.{member.Name}", mistakes);
        }

        foreach (var property in type.Properties)
            if (property.IsRequired && !seen.Contains(property.Name))
                mistakes.Add(Mistake($"{path}.{property.Name}", "is missing"));
    }

    private static void WalkValue(JsonElement json, JsonTypeInfo type, string path, ICollection<SettingsMistake> mistakes)
    {
        var target = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (target.IsEnum)
        {
            var names = Enum.GetNames(target).Select(JsonNamingPolicy.CamelCase.ConvertName).ToList();
            if (json.ValueKind != JsonValueKind.String || !names.Contains(json.GetString()!, StringComparer.Ordinal))
                mistakes.Add(Mistake(path, $"must be one of {string.Join(", ", names.Select(n => $"\"{n}\""))}"));
        }
        else if (Expected(target) is { } expected && !Fits(json, target))
        {
            mistakes.Add(Mistake(path, $"must be {expected}, not {Kind(json)}"));
        }
    }

    /// <summary>What a value of a type is called in a mistake; null for types that are not checked here.</summary>
    private static string? Expected(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) || type == typeof(decimal) ? "a number"
        : type == typeof(string) ? "a text" : null;

    private static bool Fits(JsonElement json, Type type) => json.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.False => type == typeof(bool),
        JsonValueKind.String => type == typeof(string),
        JsonValueKind.Number when type == typeof(int) => json.TryGetInt32(out _),
        JsonValueKind.Number when type == typeof(long) => json.TryGetInt64(out _),
        JsonValueKind.Number => type == typeof(double) || type == typeof(decimal),
        _ => false,
    };

    private static bool MayBeNull(JsonPropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || (!property.PropertyType.IsValueType && property.IsSetNullable);

    /// <summary>A member that stands twice is a mistake too: which one counts is not the same in every parser.</summary>
    private static IEnumerable<JsonProperty> Members(JsonElement json, string path, ICollection<SettingsMistake> mistakes)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            if (seen.Add(member.Name))
                yield return member;
            else
                mistakes.Add(Mistake($"{path}.{member.Name}", "stands twice"));
        }
    }

    private static string Unknown(string name, JsonTypeInfo type)
    {
        var near = type.Properties.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.OrdinalIgnoreCase));
        return near is not null
            ? $"is not known; did you mean \"{near.Name}\"?"
            : $"is not known; known here: {string.Join(", ", type.Properties.Select(p => p.Name))}";
    }

    private static string Kind(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static SettingsMistake Mistake(string path, string message) => new() { Path = path, Message = message };
}
