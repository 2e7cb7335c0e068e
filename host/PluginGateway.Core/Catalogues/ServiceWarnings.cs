using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>Finds what is wrong with published services without making them unusable.</summary>
internal static class ServiceWarnings
{
    /// <summary>Returns the warnings about services: list questions without values, whose answers are accepted as texts.</summary>
    public static IEnumerable<string> Of(PublishedServices services) =>
        from service in services.Services
        from attribute in service.Service.Attributes
        where attribute is { Type: AttributeType.SingleValueList or AttributeType.MultiValueList, Values.Count: 0 }
        select $"service {service.Code}, question {attribute.Code}: the list has no values, so any text is accepted as an answer";

    /// <summary>Returns the warnings about a council's services according to the catalogues that were read last.</summary>
    public static async Task<IReadOnlyList<string>> OfStoredAsync(Council council, CatalogueStore store, CancellationToken ct)
    {
        var catalogues = new Dictionary<string, IReadOnlyList<Service>>(StringComparer.Ordinal);
        foreach (var backEnd in council.BackEnds.Keys)
            if (await store.FindAsync(council.JurisdictionId, backEnd, ct) is { } state)
                catalogues[backEnd] = state.Served;
        return [.. Of(PublishedServicesBuilder.Build(council, catalogues, stale: false))];
    }
}
