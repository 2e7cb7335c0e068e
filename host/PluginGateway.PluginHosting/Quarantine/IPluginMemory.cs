namespace PluginGateway.PluginHosting.Quarantine;

/// <summary>What is remembered of plug-in versions over restarts, and shared by all hosts.</summary>
internal interface IPluginMemory
{
    /// <summary>Every version that is known.</summary>
    Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct);

    /// <summary>
    /// Remembers what a gateway found out about a version, in place of what was known of the same content. Never in place of a quarantine:
    /// ending one is an operator's word.
    /// </summary>
    Task SaveAsync(KnownVersion version, CancellationToken ct);

    /// <summary>Content hashes that other processes use now: their staged copies must stay.</summary>
    Task<IReadOnlySet<string>> UsedElsewhereAsync(CancellationToken ct);

    /// <summary>Whether the process that put a version on trial is gone.</summary>
    bool IsGone(string node);

    /// <summary>This process.</summary>
    string Node { get; }
}

/// <summary>One version of one adapter, by the hash of its files.</summary>
internal sealed record KnownVersion
{
    public required string AdapterName { get; init; }

    public required string Sha256 { get; init; }

    public required string Version { get; init; }

    /// <summary>Where in the plug-ins folder it was found.</summary>
    public required string Path { get; init; }

    public required VersionState State { get; init; }

    /// <summary>Which process put it into this state.</summary>
    public string Node { get; init; } = "";

    public string Reason { get; init; } = "";

    /// <summary>Who: an operator, or "gateway".</summary>
    public string By { get; init; } = "gateway";

    public required DateTimeOffset At { get; init; }
}

internal enum VersionState
{
    /// <summary>Nothing speaks against it, and it was not in use: an operator let it go, or the gateway was stopped during its probation.</summary>
    Free = 0,

    /// <summary>It serves, and the one before it stands by.</summary>
    Trial = 1,

    /// <summary>It has served.</summary>
    Good = 2,

    /// <summary>It is not loaded.</summary>
    Quarantined = 3,
}
