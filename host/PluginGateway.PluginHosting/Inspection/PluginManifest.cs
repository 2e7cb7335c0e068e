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

    /// <summary>What it uses of the contracts that this gateway's copy does not have.</summary>
    public required IReadOnlyList<string> MissingContracts { get; init; }

    /// <summary>What its own code does that pins or endangers.</summary>
    public required IReadOnlyList<PluginFinding> Findings { get; init; }

    /// <summary>The same of the libraries it brings along; their authors thought of other hosts, so these are only warnings.</summary>
    public IReadOnlyList<PluginFinding> LibraryFindings { get; init; } = [];
}
