namespace PluginGateway.Core.Clients;

/// <summary>A reporting site or app that calls with one of its keys.</summary>
internal sealed record ApiClient
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required ClientProfile Profile { get; init; }

    /// <summary>The councils its key is for; empty for all.</summary>
    public required IReadOnlySet<string> Councils { get; init; }

    /// <summary>What its key is for.</summary>
    public required IReadOnlySet<string> Scopes { get; init; }

    public bool MayReport => Scopes.Contains(ApiKeys.Reports);

    public bool MayUpload => Scopes.Contains(ApiKeys.Documents);

    public bool Strict => Profile.HasFlag(ClientProfile.Strict);

    public bool MayUse(string jurisdictionId) => Councils.Count == 0 || Councils.Contains(jurisdictionId);
}

/// <summary>What a client wants to be different. The numbers are in the database.</summary>
[Flags]
internal enum ClientProfile
{
    None = 0,

    /// <summary>Times without zone, long descriptions and the like are errors for it.</summary>
    Strict = 1,

    /// <summary>JSON says <c>null</c> where XML has an empty element; else such a key is left out.</summary>
    Nulls = 2,

    /// <summary>Errors have the numbers of the gateway's error codes; else the HTTP status.</summary>
    Codes = 4,
}
