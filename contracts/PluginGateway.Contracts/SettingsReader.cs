using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PluginGateway.Contracts;

/// <summary>
/// Reads a JSON object into a type and reports all its errors together, in plain words and with JSON paths.
/// <see cref="JsonSerializer"/> alone stops at the first error and names CLR types.
/// </summary>
public static class SettingsReader
{
    /// <summary>Reads <paramref name="json"/>. It is deserialised only if it has no errors.</summary>
    /// <typeparam name="T">The type to read into.</typeparam>
    /// <param name="json">The object to read.</param>
    /// <param name="type">The type's source-generated metadata. Member names are case-sensitive.</param>
    /// <param name="errors">Receives an error for every unknown member, missing member and value of the wrong type.</param>
    /// <param name="path">The JSON path of <paramref name="json"/> in its file.</param>
    /// <returns>The value; null if there were errors.</returns>
    public static T? Read<T>(JsonElement json, JsonTypeInfo<T> type, ICollection<SettingsError> errors, string path = "$")
        where T : class
    {
        ArgumentNullException.ThrowIfNull(type);
        ArgumentNullException.ThrowIfNull(errors);

        var before = errors.Count;
        Walk(json, type, path, errors);
        if (errors.Count > before)
            return null;

        try
        {
            return json.Deserialize(type);
        }
        catch (JsonException e)
        {
            // The walk does not know custom converters, which may refuse a value.
            errors.Add(Error(e.Path is null ? path : path + e.Path[1..], "the value cannot be read"));
            return null;
        }
    }

    private static void Walk(JsonElement json, JsonTypeInfo type, string path, ICollection<SettingsError> errors)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object:
                WalkObject(json, type, path, errors);
                break;
            case JsonTypeInfoKind.Enumerable when json.ValueKind == JsonValueKind.Array:
                var element = type.Options.GetTypeInfo(type.ElementType!);
                var index = 0;
                foreach (var item in json.EnumerateArray())
                    Walk(item, element, $"{path}[{index++}]", errors);
                break;
            case JsonTypeInfoKind.Enumerable:
                errors.Add(Error(path, $"must be a list, not {Kind(json)}"));
                break;
            case JsonTypeInfoKind.Dictionary when json.ValueKind == JsonValueKind.Object:
                var value = type.Options.GetTypeInfo(type.ElementType!);
                foreach (var member in Members(json, path, errors))
                    Walk(member.Value, value, $"{path}.{member.Name}", errors);
                break;
            case JsonTypeInfoKind.Dictionary:
                errors.Add(Error(path, $"must be an object, not {Kind(json)}"));
                break;
            default:
                WalkValue(json, type, path, errors);
                break;
        }
    }

    private static void WalkObject(JsonElement json, JsonTypeInfo type, string path, ICollection<SettingsError> errors)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            errors.Add(Error(path, $"must be an object, not {Kind(json)}"));
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in Members(json, path, errors))
        {
            seen.Add(member.Name);
            var property = type.Properties.FirstOrDefault(p => string.Equals(p.Name, member.Name, StringComparison.Ordinal));
            if (property is null)
                errors.Add(Error($"{path}.{member.Name}", Unknown(member.Name, type)));
            else if (member.Value.ValueKind != JsonValueKind.Null || !MayBeNull(property))
                Walk(member.Value, type.Options.GetTypeInfo(property.PropertyType), $"{path}.{member.Name}", errors);
        }

        foreach (var property in type.Properties)
            if (property.IsRequired && !seen.Contains(property.Name))
                errors.Add(Error($"{path}.{property.Name}", "is missing"));
    }

    private static void WalkValue(JsonElement json, JsonTypeInfo type, string path, ICollection<SettingsError> errors)
    {
        var target = Nullable.GetUnderlyingType(type.Type) ?? type.Type;
        if (target.IsEnum)
        {
            var names = Enum.GetNames(target).Select(JsonNamingPolicy.CamelCase.ConvertName).ToList();
            if (json.ValueKind != JsonValueKind.String || !names.Contains(json.GetString()!, StringComparer.Ordinal))
                errors.Add(Error(path, $"must be one of {string.Join(", ", names.Select(n => $"\"{n}\""))}"));
        }
        else if (Expected(target) is { } expected && !Fits(json, target))
        {
            errors.Add(Error(path, $"must be {expected}, not {Kind(json)}"));
        }
    }

    /// <summary>The description of a type's values in an error message; null for types that are not checked here.</summary>
    private static string? Expected(Type type) =>
        type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) || type == typeof(decimal) ? "a number"
        : type == typeof(string) ? "a string" : null;

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

    /// <summary>A duplicate member is an error too: parsers disagree on which of the two counts.</summary>
    private static IEnumerable<JsonProperty> Members(JsonElement json, string path, ICollection<SettingsError> errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            if (seen.Add(member.Name))
                yield return member;
            else
                errors.Add(Error($"{path}.{member.Name}", "is given twice"));
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
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static SettingsError Error(string path, string message) => new() { Path = path, Message = message };
}
