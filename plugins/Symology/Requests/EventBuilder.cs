using PluginGateway.Adapters.Toolkit.Rules;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Symology.Requests;

/// <summary>
/// Builds Symology's event from a client's update. The council's rules decide its type and next action. Pure: the same update always gives the
/// same event.
/// </summary>
internal sealed class EventBuilder(SymologyMapping mapping, RequestBuilder requests)
{
    public SymologyEvent Build(ClientUpdate update)
    {
        // Older reports can have a category that no longer exists: their plan supplies the service code.
        var category = mapping.Find(update.Request?.Service.Code ?? "") ?? mapping.Find(update.ServiceCode ?? "");
        var serviceCode = Field("ServiceCode", update, category);
        if (category is null && serviceCode is null && mapping.HasServiceCodes)
            throw AdapterException.Rejected(
                "The category of the report that this update belongs to is not known.",
                (update.Request?.Service.Code ?? update.ServiceCode) is { } code ? $"{code} is not a configured category" : "the update has no service_code");

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

    private string? Find(string name, ClientUpdate update, MappedCategory? category) => name switch
    {
        "status" => update.Status,
        "description" => update.Description,
        _ when name.StartsWith("request.", StringComparison.Ordinal) => Field(name["request.".Length..], update, category),
        _ => update.Answers.Concat(update.ExtraArguments).FirstOrDefault(a => a.Code == name["attribute.".Length..]) is { } answer
            ? RuleText.Of(answer.Values)
            : null,
    };

    /// <summary>
    /// Returns a field from the report's plan; if there is none, from the parameters of its category, or else from the defaults of requests, because the
    /// category of a report that is older than the gateway is not known.
    /// </summary>
    private string? Field(string name, ClientUpdate update, MappedCategory? category) =>
        update.Request?.Plan?.Facts.GetValueOrDefault(name) ?? category?.Category.Parameters.GetValueOrDefault(name)
            ?? mapping.Settings.RequestDefaults.GetValueOrDefault(name);
}
