namespace PluginGateway.PluginHosting;

/// <summary>What became of one thing in the plug-ins folder.</summary>
internal sealed record PluginStatus
{
    /// <summary>Where it lies; empty for an adapter that is part of the host.</summary>
    public required string Path { get; init; }

    public string? AdapterName { get; init; }

    public string? Version { get; init; }

    public string? Sha256 { get; init; }

    public int Generation { get; init; }

    public required PluginState State { get; init; }

    /// <summary>Why it is not active.</summary>
    public string? Reason { get; init; }

    public required DateTimeOffset Since { get; init; }
}

internal enum PluginState
{
    BuiltIn,
    Active,
    Refused,
}
