using PluginGateway.Contracts;

namespace PluginGateway.Core.Catalogues;

/// <summary>The services of an adapter that can be published. One that cannot be used does not hide the others.</summary>
/// <param name="Services">The services.</param>
/// <param name="Problems">What is wrong with services that were skipped, or are published in part.</param>
/// <param name="IsComplete">Whether the questions of all services could be read.</param>
internal sealed record ServiceList(IReadOnlyList<Service> Services, IReadOnlyList<string> Problems, bool IsComplete)
{
    private const int MaxServices = 10_000;

    /// <summary>Returns why a list cannot be used at all; null if it can.</summary>
    public static string? FindProblem(IReadOnlyList<Service> services) => services.Count > MaxServices
        ? $"the service list has {services.Count} services; the maximum is {MaxServices}"
        : null;

    /// <summary>Reads the list that an adapter returned.</summary>
    /// <param name="services">The list.</param>
    /// <param name="known">The services as they were published before. Their questions are used where they could not be read.</param>
    public static ServiceList Read(IReadOnlyList<Service> services, IReadOnlyList<Service> known)
    {
        var (valid, problems) = (new Dictionary<string, Service>(StringComparer.Ordinal), new List<string>());
        var nameless = 0;
        var repeated = new HashSet<string>(StringComparer.Ordinal);
        foreach (var service in services)
            if (string.IsNullOrWhiteSpace(service?.Code) || string.IsNullOrWhiteSpace(service.Name))
                nameless++;
            else if (!valid.TryAdd(service.Code, service))
                repeated.Add(service.Code);

        if (nameless > 0)
            problems.Add($"services without a code or a name were skipped: {nameless}");
        problems.AddRange(repeated.Order(StringComparer.Ordinal).Select(code => $"service {code} is listed more than once; the first is used"));
        var before = known.ToDictionary(s => s.Code, StringComparer.Ordinal);
        return new ServiceList(
            [.. valid.Values.Select(s => WithAttributes(s, before.GetValueOrDefault(s.Code), problems))], problems,
            valid.Values.All(s => s.AttributesProblem is null));
    }

    private static Service WithAttributes(Service service, Service? known, List<string> problems)
    {
        if (service.AttributesProblem is { } problem)
        {
            var used = known is null ? "it is published without questions" : "the questions that were read last are used";
            problems.Add($"the questions of service {service.Code} could not be read, so {used}: {problem}");
            return service with { Attributes = known?.Attributes ?? [], AttributesProblem = null };
        }

        var given = service.Attributes ?? [];
        var attributes = given.Where(a => !string.IsNullOrWhiteSpace(a?.Code)).DistinctBy(a => a.Code, StringComparer.Ordinal).ToList();
        if (attributes.Count == given.Count)
            return service with { Attributes = given };

        problems.Add($"service {service.Code} has questions without a code, or with the code of an earlier one; skipped: {given.Count - attributes.Count}");
        return service with { Attributes = attributes };
    }
}
