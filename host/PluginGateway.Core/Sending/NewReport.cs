using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>A report as it came from a client, after every check.</summary>
/// <param name="Council">The council that it is for.</param>
/// <param name="Service">The service that it is about.</param>
/// <param name="Client">Who sent it.</param>
/// <param name="Request">Its content.</param>
/// <param name="IdempotencyKey">The <c>Idempotency-Key</c> that came with it.</param>
internal sealed record IncomingReport(Council Council, PublishedService Service, ApiClient Client, ServiceRequest Request, string? IdempotencyKey);

/// <summary>A report with its route and plan, ready to be accepted.</summary>
internal sealed record NewReport
{
    public required Council Council { get; init; }

    public required PublishedService Service { get; init; }

    /// <summary>The back end it goes through.</summary>
    public required BackEnd Route { get; init; }

    /// <summary>Who else gets it.</summary>
    public IReadOnlyList<Copy> Copies { get; init; } = [];

    public required long ClientId { get; init; }

    public required string ClientName { get; init; }

    /// <summary>Who made this content: <c>client</c> or <c>operator</c>.</summary>
    public string Source { get; init; } = "client";

    /// <summary>The content; its own id is given by the accept.</summary>
    public required ServiceRequest Request { get; init; }

    public required byte[] Fingerprint { get; init; }

    /// <summary>The client's reference; reports without one are never taken for repeats.</summary>
    public string? Reference { get; init; }

    /// <summary>The reference came as <c>Idempotency-Key</c>: other content under it is an error, not a revision.</summary>
    public bool ReferenceIsKey { get; init; }
}

/// <summary>What became of an accept.</summary>
internal sealed record AcceptResult
{
    public required long ReportId { get; init; }

    public required int Revision { get; init; }

    public long DeliveryId { get; init; }

    public required string OwnId { get; init; }

    /// <summary>The id settled on for clients; null as long as the back end's may come.</summary>
    public string? PublicId { get; init; }

    /// <summary>The token of a service whose ids come later.</summary>
    public string? Token { get; init; }

    /// <summary>What the back end has to say to the reporter.</summary>
    public string? Notice { get; init; }

    public DeliveryState State { get; init; }

    /// <summary>Why the back end refused the report.</summary>
    public string? Rejection { get; init; }

    /// <summary>The report was accepted before, with the same content.</summary>
    public bool Repeat { get; init; }

    /// <summary>The same <c>Idempotency-Key</c> came with other content.</summary>
    public bool Conflict { get; init; }

    /// <summary>The report was changed as often as one can be.</summary>
    public bool TooOften { get; init; }

    /// <summary>The id is not known in time, and the council wants the client to send the report again for it.</summary>
    public bool AskAgain { get; init; }
}
