namespace PluginGateway.PluginHosting.Inspection;

/// <summary>Describes a plug-in according to its metadata, which is read before any of its code runs.</summary>
internal sealed record PluginManifest
{
    public required string AdapterName { get; init; }

    /// <summary>The assembly's informational version, without <c>+</c> and the text after it.</summary>
    public required string Version { get; init; }

    /// <summary>The version of the contracts it was built against, <c>major.minor</c>.</summary>
    public required string Contract { get; init; }

    /// <summary>The file name of the assembly that has the attribute, at the top level of the plug-in's folder.</summary>
    public required string EntryFile { get; init; }

    /// <summary>The types and members of the contracts that it uses and this gateway's copy does not have.</summary>
    public required IReadOnlyList<string> MissingContracts { get; init; }

    /// <summary>The findings in its own assembly.</summary>
    public required IReadOnlyList<PluginFinding> Findings { get; init; }

    /// <summary>The findings in its libraries. They are only warnings, because libraries are not written for a specific host.</summary>
    public IReadOnlyList<PluginFinding> LibraryFindings { get; init; } = [];
}
