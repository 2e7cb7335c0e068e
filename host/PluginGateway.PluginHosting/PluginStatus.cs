using System.Globalization;
using PluginGateway.PluginHosting.Generations;

namespace PluginGateway.PluginHosting;

/// <summary>The status of one entry of the plug-ins folder or of one generation.</summary>
internal sealed record PluginStatus
{
    /// <summary>The key in the list of statuses: the generation's number, or the path if nothing is loaded.</summary>
    public string Key => Generation > 0 ? Generation.ToString(CultureInfo.InvariantCulture) : Path;

    /// <summary>The path in the plug-ins folder; empty for an adapter that is part of the host.</summary>
    public required string Path { get; init; }

    public string? AdapterName { get; init; }

    public string? Version { get; init; }

    public string? Sha256 { get; init; }

    /// <summary>The number of the generation; 0 if nothing is loaded.</summary>
    public int Generation { get; init; }

    public required PluginState State { get; init; }

    /// <summary>Why it is in this state; null if the state needs no explanation.</summary>
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

/// <summary>The states of a plug-in, in the order in which it goes through them.</summary>
internal enum PluginState
{
    /// <summary>Part of the host.</summary>
    BuiltIn,

    /// <summary>Its files are still being copied.</summary>
    Settling,

    /// <summary>It cannot be loaded by this gateway.</summary>
    Refused,

    /// <summary>It failed when it was loaded, checked or used.</summary>
    Quarantined,

    /// <summary>It serves, and the previous generation is on standby.</summary>
    Probation,

    /// <summary>It serves.</summary>
    Active,

    /// <summary>It served before the current generation and serves again if that one is rolled back.</summary>
    Standby,

    /// <summary>It accepts no new calls; some are still running.</summary>
    Draining,

    /// <summary>A call into it does not return.</summary>
    Abandoned,

    /// <summary>It is no longer used and is being removed from memory.</summary>
    Unloading,

    /// <summary>It is no longer used but remains in memory.</summary>
    Leaked,
}
