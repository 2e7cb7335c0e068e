namespace PluginGateway.Core.Clients;

/// <summary>A client (a reporting site or app), identified by one of its keys.</summary>
internal sealed record ApiClient
{
    public required long Id { get; init; }

    /// <summary>The key with which it called.</summary>
    public required long KeyId { get; init; }

    public required string Name { get; init; }

    public required ClientProfile Profile { get; init; }

    /// <summary>The councils that the key is valid for; empty for all councils.</summary>
    public required IReadOnlySet<string> Councils { get; init; }

    /// <summary>The scopes of the key.</summary>
    public required IReadOnlySet<string> Scopes { get; init; }

    public bool MayReport => Scopes.Contains(ApiKeys.Reports);

    public bool MayUpload => Scopes.Contains(ApiKeys.Documents);

    /// <summary>Whether the key also shows reports in private services that other clients sent.</summary>
    public bool SeesAllPrivate => Scopes.Contains(ApiKeys.PrivateReports);

    public bool Strict => Profile.HasFlag(ClientProfile.Strict);

    public bool MayUse(string jurisdictionId) => Councils.Count == 0 || Councils.Contains(jurisdictionId);

    /// <summary>Whether the client may see and update a report of a council that it may use.</summary>
    /// <param name="isPrivate">Whether the report belongs to a private service.</param>
    /// <param name="clientId">The client that sent the report.</param>
    public bool MaySee(bool isPrivate, long clientId) => !isPrivate || clientId == Id || SeesAllPrivate;
}

/// <summary>How responses and validation differ for a client. The numbers are stored in the database.</summary>
[Flags]
internal enum ClientProfile
{
    None = 0,

    /// <summary>Times without a time zone, long descriptions and similar deviations from the standard are errors.</summary>
    Strict = 1,

    /// <summary>JSON contains <c>null</c> where XML has an empty element, instead of omitting the member.</summary>
    Nulls = 2,

    /// <summary>Errors contain the gateway's error codes instead of the HTTP status.</summary>
    Codes = 4,

    /// <summary>Reports have their exact status, such as <c>duplicate</c>, instead of <c>open</c> or <c>closed</c>.</summary>
    Statuses = 8,
}
