using PluginGateway.Contracts;

namespace PluginGateway.Core.Catalogues;

/// <summary>Looks at what an adapter gave as its catalogue before it is believed.</summary>
internal static class ServiceListValidator
{
    private const int MaxServices = 10_000;

    /// <summary>Why the list cannot be used, or null when it can.</summary>
    public static string? FindProblem(IReadOnlyList<Service> services)
    {
        if (services.Count > MaxServices)
            return $"it has {services.Count} services; {MaxServices} is the most";

        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            if (service is null || string.IsNullOrWhiteSpace(service.Code) || string.IsNullOrWhiteSpace(service.Name))
                return "it has a service without code or name";
            if (!codes.Add(service.Code))
                return $"it has the service code \"{service.Code}\" twice";
            if (service.Attributes.Select(a => a.Code).Distinct(StringComparer.Ordinal).Count() != service.Attributes.Count)
                return $"its service \"{service.Code}\" has an attribute code twice";
        }

        return null;
    }
}
