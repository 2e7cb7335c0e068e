using PluginGateway.Adapters.Toolkit.Rules;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>Makes of a client's update what Symology takes; its type and next action are decided by the council's rules. Pure.</summary>
internal sealed class EventBuilder(SymologyMapping mapping, RequestBuilder requests)
{
    public SymologyEvent Build(ClientUpdate update)
    {
        // A category that is not there any more is still that of older reports: what was planned for them counts.
        var category = mapping.Find(update.Request?.Service.Code ?? "") ?? mapping.Find(update.ServiceCode ?? "");
        var serviceCode = Field("ServiceCode", update, category);
        if (category is null && serviceCode is null && mapping.HasServiceCodes)
            throw AdapterException.Rejected(
                "It is not known which category the report of this update is of.",
                (update.Request?.Service.Code ?? update.ServiceCode) is { } code ? $"{code} is not among the categories" : "no service_code came with it");

        var decided = new Dictionary<string, string>(StringComparer.Ordinal);
        mapping.Events.ApplyAll(name => Find(name, update, category), (name, value) => decided[name] = value);
        var photo = update.MediaUrls is [var first, ..] ? $"\n\n[ This update contains a photo, see: {first.AbsoluteUri} ]" : "";
        return new SymologyEvent
        {
            ServiceCode = serviceCode,
            CaseNumber = update.BackEndId,
            Reference = update.Request is { } request ? requests.Reference(request)
                : update.Reference is { } reference ? mapping.Settings.ExternalIdPrefix + reference : null,
            EventType = decided.GetValueOrDefault("EventType"),
            EventDescription = decided.GetValueOrDefault("EventDescription", ""),
            UserName = mapping.Settings.Username,
            Description = update.Description + photo,
            NextAction = decided.GetValueOrDefault("NextAction"),
        };
    }

    private static string? Find(string name, ClientUpdate update, MappedCategory? category) => name switch
    {
        "status" => update.Status,
        "description" => update.Description,
        _ when name.StartsWith("request.", StringComparison.Ordinal) => Field(name["request.".Length..], update, category),
        _ => update.Answers.Concat(update.ExtraArguments).FirstOrDefault(a => a.Code == name["attribute.".Length..]) is { } answer
            ? RuleText.Of(answer.Values)
            : null,
    };

    /// <summary>What was decided for the report; for one that the gateway does not know, what its category says.</summary>
    private static string? Field(string name, ClientUpdate update, MappedCategory? category) =>
        update.Request?.Plan?.Facts.GetValueOrDefault(name) ?? category?.Category.Parameters.GetValueOrDefault(name);
}
