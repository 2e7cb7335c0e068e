namespace PluginGateway.PluginHosting.Inspection;

/// <summary>What a plug-in says of itself in its metadata, known before any of its code runs.</summary>
internal sealed record PluginManifest
{
    public required string AdapterName { get; init; }

    /// <summary>The assembly's informational version without the part from <c>+</c> on.</summary>
    public required string Version { get; init; }

    /// <summary>The contract it was built against, <c>major.minor</c>.</summary>
    public required string Contract { get; init; }

    /// <summary>The file name of the assembly that carries the attribute; it lies at the top of the plug-in's folder.</summary>
    public required string EntryFile { get; init; }
}
