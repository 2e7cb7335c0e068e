using PluginGateway.Core.Clients;

namespace PluginGateway.Core.Updates;

/// <summary>A stored update to serve.</summary>
internal sealed record ServedRow
{
    public long Id { get; init; }

    public string BackEnd { get; init; } = "";

    public long Served { get; init; }

    public bool Late { get; init; }

    /// <summary>The published id of its report; null for a case without a report in the gateway.</summary>
    public string? PublicId { get; init; }

    /// <summary>Its report; 0 for a case without a report in the gateway.</summary>
    public long ReportId { get; init; }

    /// <summary>Whether its report belongs to a private service.</summary>
    public bool Private { get; init; }

    /// <summary>The client that sent its report.</summary>
    public long ClientId { get; init; }

    public byte[] Payload { get; init; } = [];

    /// <summary>
    /// Whether a client may see the update. Without a key, it shows only updates of reports that are known to be public: whether a case that only the
    /// council has is public is not known.
    /// </summary>
    public bool IsVisibleTo(ApiClient? client) => client is null ? ReportId > 0 && !Private : client.MaySee(Private, ClientId);
}
