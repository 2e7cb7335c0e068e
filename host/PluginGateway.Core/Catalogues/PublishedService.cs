using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>A service as clients see it, and who owns it.</summary>
internal sealed record PublishedService
{
    /// <summary>The code clients use: prefix and the owner's own code.</summary>
    public required string Code { get; init; }

    /// <summary>The owner's definition with the council's overlay; its code is without prefix.</summary>
    public required Service Service { get; init; }

    public required BackEnd Owner { get; init; }

    /// <summary>Reports of it are kept from the public.</summary>
    public bool Private => Service.Keywords.Contains("private", StringComparer.OrdinalIgnoreCase);
}
