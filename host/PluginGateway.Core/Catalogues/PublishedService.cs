using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>A service as published to clients, with the back end that owns it.</summary>
internal sealed record PublishedService
{
    /// <summary>The code that clients use: the owner's prefix followed by the owner's code.</summary>
    public required string Code { get; init; }

    /// <summary>The owner's definition with the council's overlay; its code has no prefix.</summary>
    public required Service Service { get; init; }

    public required BackEnd Owner { get; init; }

    /// <summary>Whether reports of this service are hidden from the public.</summary>
    public bool Private => Service.Keywords.Contains("private", StringComparer.OrdinalIgnoreCase);
}
