namespace PluginGateway.Adapters.Acme;

/// <summary>The settings of an Acme back end in a council file.</summary>
public sealed class AcmeSettings
{
    /// <summary>The base address, to which <c>cases</c> is appended.</summary>
    public required string Address { get; init; }

    /// <summary>The key that is sent with every call. In the council file, refer to it as <c>${secret:name}</c>.</summary>
    public required string ApiKey { get; init; }

    /// <summary>The team of each category, by category code. All other categories belong to <see cref="DefaultTeam"/>.</summary>
    public IReadOnlyDictionary<string, string> Teams { get; set; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The team of categories that <see cref="Teams"/> does not contain.</summary>
    public string DefaultTeam { get; set; } = "Customer services";
}
