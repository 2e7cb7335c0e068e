using System.Globalization;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.PluginHosting;

/// <summary>What became of one thing in the plug-ins folder, or of one generation that came from there.</summary>
internal sealed record PluginStatus
{
    /// <summary>Which line of the list this is: a generation's, or that of a path which has none.</summary>
    public string Key => Generation > 0 ? Generation.ToString(CultureInfo.InvariantCulture) : Path;

    /// <summary>Where it lies; empty for an adapter that is part of the host.</summary>
    public required string Path { get; init; }

    public string? AdapterName { get; init; }

    public string? Version { get; init; }

    public string? Sha256 { get; init; }

    /// <summary>Counts up with everything that is loaded; 0 for what is not.</summary>
    public int Generation { get; init; }

    public required PluginState State { get; init; }

    /// <summary>Why it is in this state, where that needs saying.</summary>
    public string? Reason { get; init; }

    public required DateTimeOffset Since { get; init; }

    public static PluginStatus Of(PluginGeneration generation) => new()
    {
        Path = generation.Path,
        AdapterName = generation.AdapterName,
        Version = generation.Version,
        Sha256 = generation.Sha256,
        Generation = generation.Number,
        State = generation.Path.Length == 0 ? PluginState.BuiltIn : PluginState.Active,
        Since = generation.Since,
    };
}

/// <summary>The order is that of a plug-in's life.</summary>
internal enum PluginState
{
    /// <summary>Part of the host.</summary>
    BuiltIn,

    /// <summary>Its files are still being copied.</summary>
    Settling,

    /// <summary>It cannot be a plug-in of this gateway.</summary>
    Refused,

    /// <summary>It was tried and did not do.</summary>
    Quarantined,

    /// <summary>It serves, and the one before it stands by.</summary>
    Probation,

    /// <summary>It serves.</summary>
    Active,

    /// <summary>It served until the current one came, and would again.</summary>
    Standby,

    /// <summary>It takes no new calls; some are still running.</summary>
    Draining,

    /// <summary>A call into it does not end.</summary>
    Abandoned,

    /// <summary>Nothing uses it; it is about to leave the memory.</summary>
    Unloading,

    /// <summary>Nothing uses it, and it does not leave the memory.</summary>
    Leaked,
}
