using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>Builds the published services of a council from the catalogues of its back ends, its static services, and its overlay over both.</summary>
internal static class PublishedServicesBuilder
{
    /// <summary>
    /// The code of an attribute that every definition has, because it is the only value by which a server can recognise a report that FixMyStreet
    /// sends again.
    /// </summary>
    public const string ReferenceCode = "fixmystreet_id";

    private static readonly ServiceAttribute Reference = new()
    {
        Code = ReferenceCode,
        Description = "The report's number at the reporting site",
        Type = AttributeType.String,
        Variable = false,
        Automated = AttributeAutomation.ServerSet,
    };

    public static PublishedServices Build(Council council, IReadOnlyDictionary<string, IReadOnlyList<Service>> catalogues, bool stale)
    {
        var services = new Dictionary<string, PublishedService>(StringComparer.Ordinal);
        foreach (var (name, catalogue) in catalogues.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (!council.BackEnds.TryGetValue(name, out var owner))
                continue;
            foreach (var service in catalogue)
                services.TryAdd(owner.Prefix + service.Code, new PublishedService { Code = owner.Prefix + service.Code, Service = service, Owner = owner });
        }

        foreach (var entry in council.Services)
        {
            if (entry.Hide)
                services.Remove(entry.Code);
            else if (services.TryGetValue(entry.Code, out var published))
                services[entry.Code] = published with { Service = Overlay(published.Service, entry) };
            else if (StaticOwner(council, entry) is { } owner)
                services[entry.Code] = new PublishedService { Code = entry.Code, Service = Overlay(New(entry, owner), entry), Owner = owner };
        }

        return new PublishedServices(
            council,
            [.. WithUniqueNames(services.Values).OrderBy(s => s.Code, StringComparer.Ordinal).Select(s => s with { Service = WithReference(s.Service) })],
            stale);
    }

    /// <summary>Appends the code to the names of services with the same name, because FixMyStreet skips and deletes services with identical names.</summary>
    private static IEnumerable<PublishedService> WithUniqueNames(IEnumerable<PublishedService> services) => services
        .GroupBy(s => s.Service.Name.Trim(), StringComparer.OrdinalIgnoreCase)
        .SelectMany(same => same.Count() == 1 ? same : same.Select(s => s with { Service = s.Service with { Name = $"{s.Service.Name} ({s.Code})" } }));

    /// <summary>
    /// Returns the owner of a service that is defined in the council file: the back end that it names, else the send method, else the only back end. An entry
    /// without a name is an overlay whose service no longer exists; it has no owner.
    /// </summary>
    private static BackEnd? StaticOwner(Council council, ServiceFile entry)
    {
        if (entry.Name is null)
            return null;
        if (entry.Backend is { } named)
            return council.BackEnds[named];
        return council.SendMethod ?? (council.BackEnds.Count == 1 ? council.BackEnds.Values[0] : null);
    }

    private static Service New(ServiceFile entry, BackEnd owner) => new() { Code = owner.WithoutPrefix(entry.Code), Name = entry.Name! };

    private static Service Overlay(Service service, ServiceFile entry) => service with
    {
        Name = entry.Name ?? service.Name,
        Description = entry.Description ?? service.Description,
        Groups = entry.Groups ?? (entry.Group is { } group ? [group] : service.Groups),
        Keywords = entry.Keywords ?? service.Keywords,
        Type = entry.Type ?? service.Type,
        Attributes = entry.Questions is { } questions ? Replace(service.Attributes, questions) : service.Attributes,
    };

    /// <summary>Replaces attributes with the overlay's questions of the same code and appends the other questions.</summary>
    private static IReadOnlyList<ServiceAttribute> Replace(IReadOnlyList<ServiceAttribute> attributes, IReadOnlyList<QuestionFile> questions)
    {
        var own = questions.Select(ToAttribute).ToDictionary(a => a.Code, StringComparer.Ordinal);
        return
        [
            .. attributes.Select(a => own.Remove(a.Code, out var replacement) ? replacement : a),
            .. questions.Where(q => own.ContainsKey(q.Code)).Select(q => own[q.Code]),
        ];
    }

    private static ServiceAttribute ToAttribute(QuestionFile question) => new()
    {
        Code = question.Code,
        Description = question.Description,
        Type = question.Type,
        TypeDescription = question.Help,
        Required = question.Required,
        Variable = question.Variable,
        Automated = question.Automated,
        AllowAny = question.AllowAny,
        Values = [.. question.Values.Select(v => new AttributeValue { Key = v.Key, Name = v.Name ?? v.Key, DisableMessage = v.DisableMessage })],
    };

    private static Service WithReference(Service service) =>
        service.Attributes.Any(a => string.Equals(a.Code, ReferenceCode, StringComparison.Ordinal))
            ? service
            : service with { Attributes = [.. service.Attributes, Reference] };
}
