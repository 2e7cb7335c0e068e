using System.Text.Json;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Councils;

/// <summary>
/// A condition of a copy rule: <c>service</c>, <c>group</c>, <c>plan.X</c> or <c>attribute.X</c> is one of a list of values,
/// <c>officeHours</c> is true or false, or at least one of the alternatives in <c>any</c> is met.
/// </summary>
internal sealed class CopyCondition(Func<string, ServiceRequest, RequestPlan?, bool> holds)
{
    private const string Plan = "plan.";
    private const string Attribute = "attribute.";

    public bool Holds(string service, ServiceRequest request, RequestPlan? plan) => holds(service, request, plan);

    /// <summary>Reads all conditions of an object; returns none if the object is missing.</summary>
    public static IReadOnlyList<CopyCondition> ReadAll(JsonElement when, string path, OfficeHours hours, List<SettingsError> errors)
    {
        if (when.ValueKind == JsonValueKind.Undefined)
            return [];
        if (when.ValueKind != JsonValueKind.Object)
        {
            Add(errors, path, "must be an object with conditions");
            return [];
        }

        return [.. when.EnumerateObject().Select(p => Read(p.Name, p.Value, $"{path}.{p.Name}", hours, errors))];
    }

    private static CopyCondition Read(string name, JsonElement value, string path, OfficeHours hours, List<SettingsError> errors)
    {
        switch (name)
        {
            case "officeHours" when value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                var during = value.GetBoolean();
                return new CopyCondition((_, request, _) => hours.Contain(request.ReceivedAt) == during);
            case "officeHours":
                Add(errors, path, "must be true or false");
                break;
            case "any" when value.ValueKind == JsonValueKind.Array:
                var alternatives = value.EnumerateArray().Select((e, i) => ReadAll(e, $"{path}[{i}]", hours, errors)).ToList();
                return new CopyCondition((service, request, plan) => alternatives.Any(all => all.All(c => c.Holds(service, request, plan))));
            case "any":
                Add(errors, path, "must be a list of objects with conditions");
                break;
            case "service":
                return OneOf(value, path, errors, (service, _, _) => [service]);
            case "group":
                return OneOf(value, path, errors, (_, request, _) => request.Service.Groups);
            case var _ when name.StartsWith(Plan, StringComparison.Ordinal):
                return OneOf(value, path, errors, (_, _, plan) => plan?.Facts.TryGetValue(name[Plan.Length..], out var fact) == true ? [fact] : []);
            case var _ when name.StartsWith(Attribute, StringComparison.Ordinal):
                return OneOf(value, path, errors, (_, request, _) => request.Answers.FirstOrDefault(a => a.Code == name[Attribute.Length..])?.Values ?? []);
            default:
                Add(errors, path, "is not known; known conditions: service, group, plan.<fact>, attribute.<code>, officeHours, any");
                break;
        }

        return new CopyCondition((_, _, _) => false);
    }

    private static CopyCondition OneOf(
        JsonElement value, string path, List<SettingsError> errors, Func<string, ServiceRequest, RequestPlan?, IReadOnlyList<string>> actual)
    {
        var wanted = value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)
            ? value.EnumerateArray().Select(e => e.GetString()!).ToHashSet(StringComparer.Ordinal)
            : [];
        if (wanted.Count == 0)
            Add(errors, path, "must be a list of at least one string");
        return new CopyCondition((service, request, plan) => actual(service, request, plan).Any(wanted.Contains));
    }

    private static void Add(List<SettingsError> errors, string path, string message) =>
        errors.Add(new SettingsError { Path = path, Message = message });
}
