namespace PluginGateway.Host.Open311;

/// <summary>A reporting site or app that calls with one of its keys.</summary>
internal sealed record ApiClient
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Times without zone, long descriptions and the like are mistakes for it.</summary>
    public required bool Strict { get; init; }

    /// <summary>The councils its key is for; empty for all.</summary>
    public required IReadOnlySet<string> Councils { get; init; }

    public bool MayUse(string jurisdictionId) => Councils.Count == 0 || Councils.Contains(jurisdictionId);
}
