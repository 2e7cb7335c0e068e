using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>A client's report that has passed all checks.</summary>
/// <param name="Council">The council.</param>
/// <param name="Service">The service of the report.</param>
/// <param name="Client">The client that sent it.</param>
/// <param name="Request">The content.</param>
/// <param name="IdempotencyKey">The <c>Idempotency-Key</c> of the call; null if there is none.</param>
internal sealed record IncomingReport(Council Council, PublishedService Service, ApiClient Client, ServiceRequest Request, string? IdempotencyKey);

/// <summary>A report with its route and plan, ready to be accepted.</summary>
internal sealed record NewReport
{
    public required Council Council { get; init; }

    public required PublishedService Service { get; init; }

    /// <summary>The back end that the report is sent to.</summary>
    public required BackEnd Route { get; init; }

    /// <summary>The copies for other recipients.</summary>
    public IReadOnlyList<Copy> Copies { get; init; } = [];

    public required long ClientId { get; init; }

    public required string ClientName { get; init; }

    /// <summary>Who wrote this content: <c>client</c> or <c>operator</c>.</summary>
    public string Source { get; init; } = "client";

    /// <summary>The content. Its id is assigned when the report is accepted.</summary>
    public required ServiceRequest Request { get; init; }

    public required byte[] Fingerprint { get; init; }

    /// <summary>The client's reference. Reports without one are never recognised as repeats.</summary>
    public string? Reference { get; init; }

    /// <summary>Whether the reference is an <c>Idempotency-Key</c>. Different content under the same key is an error, not a revision.</summary>
    public bool ReferenceIsKey { get; init; }
}

/// <summary>The result of accepting a report.</summary>
internal sealed record AcceptResult
{
    public required long ReportId { get; init; }

    public required int Revision { get; init; }

    public long DeliveryId { get; init; }

    public required string OwnId { get; init; }

    /// <summary>The id for clients; null while the back end's id may still follow.</summary>
    public string? PublicId { get; init; }

    /// <summary>The token, for services whose ids are assigned later.</summary>
    public string? Token { get; init; }

    /// <summary>The back end's message to the reporter.</summary>
    public string? Notice { get; init; }

    public DeliveryState State { get; init; }

    /// <summary>The reason why the back end rejected the report; null otherwise.</summary>
    public string? Rejection { get; init; }

    /// <summary>Whether the report has been accepted before with the same content.</summary>
    public bool Repeat { get; init; }

    /// <summary>Whether the <c>Idempotency-Key</c> has been used before with different content.</summary>
    public bool Conflict { get; init; }

    /// <summary>Whether the report has reached the maximum number of revisions.</summary>
    public bool ChangedTooOften { get; init; }

    /// <summary>Whether the id is not known yet and the client has to send the report again to get it, as configured in the council file.</summary>
    public bool RetryLater { get; init; }
}
