using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>Finds problems in published services that do not prevent their use.</summary>
internal static class ServiceWarnings
{
    /// <summary>Returns the warnings about services: list questions without values, whose answers are accepted as text.</summary>
    public static IEnumerable<string> Of(PublishedServices services) =>
        from service in services.Services
        from attribute in service.Service.Attributes
        where attribute is { Type: AttributeType.SingleValueList or AttributeType.MultiValueList, Values.Count: 0 }
        select $"service {service.Code}, question {attribute.Code}: the list has no values, so any text is accepted as an answer";

    /// <summary>Returns the warnings about a council's services according to its settings, and else to the catalogues that were read last.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(Council council, CouncilCheck check, CatalogueStore store, CancellationToken ct)
    {
        var catalogues = check.CataloguesInSettings(council);
        foreach (var backEnd in council.BackEnds.Keys)
            if (!catalogues.ContainsKey(backEnd) && await store.FindAsync(council.JurisdictionId, backEnd, ct) is { } state)
                catalogues[backEnd] = state.Served;
        return [.. Of(PublishedServicesBuilder.Build(council, catalogues, stale: false))];
    }
}
