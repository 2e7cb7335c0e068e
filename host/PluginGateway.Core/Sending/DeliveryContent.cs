using PluginGateway.Contracts;

namespace PluginGateway.Core.Sending;

/// <summary>The content of a delivery.</summary>
internal sealed record DeliveryContent
{
    public required string Council { get; init; }

    public required string Owner { get; init; }

    /// <summary>The code that clients use, with the back end's prefix.</summary>
    public required string ServiceCode { get; init; }

    public required ServiceRequest Request { get; init; }
}

/// <summary>The stored content of a revision.</summary>
internal sealed class ContentRow
{
    public long CaseId { get; init; }

    public string Council { get; init; } = "";

    public string Owner { get; init; } = "";

    public string ServiceCode { get; init; } = "";

    public string OwnId { get; init; } = "";

    public long ServiceId { get; init; }

    public byte[] Payload { get; init; } = [];

    public byte[]? Facts { get; init; }
}
