using PluginGateway.Contracts;

namespace PluginGateway.Core.Catalogues;

/// <summary>Validates the service list that an adapter returned.</summary>
internal static class ServiceListValidator
{
    private const int MaxServices = 10_000;

    /// <summary>Returns why the list cannot be used; null if it is valid.</summary>
    public static string? FindProblem(IReadOnlyList<Service> services)
    {
        if (services.Count > MaxServices)
            return $"the service list has {services.Count} services; the maximum is {MaxServices}";

        var codes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            if (service is null || string.IsNullOrWhiteSpace(service.Code) || string.IsNullOrWhiteSpace(service.Name))
                return "the service list contains a service without a code or a name";
            if (!codes.Add(service.Code))
                return $"the service list contains the code \"{service.Code}\" more than once";
            if (service.Attributes.Select(a => a.Code).Distinct(StringComparer.Ordinal).Count() != service.Attributes.Count)
                return $"the service \"{service.Code}\" contains an attribute code more than once";
        }

        return null;
    }
}
