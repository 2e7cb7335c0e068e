namespace PluginGateway.PluginHosting.Quarantine;

/// <summary>What is remembered of plug-in versions over restarts, and shared by all hosts.</summary>
internal interface IPluginVersionStore
{
    /// <summary>Every version that is known.</summary>
    Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct);

    /// <summary>
    /// Remembers what a gateway found out about a version, in place of what was known of the same content. Never in place of a quarantine:
    /// ending one is an operator's word. It ends the probation of the version at this process; a quarantine ends it everywhere.
    /// </summary>
    Task SaveAsync(KnownVersion version, CancellationToken ct);

    /// <summary>This process begins the probation of a version.</summary>
    Task BeginProbationAsync(KnownVersion version, CancellationToken ct);

    /// <summary>The probation of a version at a process is over, and says nothing about the version.</summary>
    Task EndProbationAsync(KnownVersion version, string node, CancellationToken ct);

    /// <summary>
    /// Judges a version by a process that is gone, in one step with the end of its probation: not when that had ended meanwhile, nor when another
    /// gateway judged it, nor over a quarantine.
    /// </summary>
    /// <returns>Whether this verdict counts.</returns>
    Task<bool> RecordVerdictAsync(KnownVersion verdict, string node, CancellationToken ct);

    /// <summary>Content hashes that other processes use now: their staged copies must stay.</summary>
    Task<IReadOnlySet<string>> ListUsedElsewhereAsync(CancellationToken ct);

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

    /// <summary>The processes that have it on probation: it serves, and the one before it stands by.</summary>
    public IReadOnlyList<Probation> Probations { get; init; } = [];

    public string Reason { get; init; } = "";

    /// <summary>Who: an operator, or "gateway".</summary>
    public string By { get; init; } = "gateway";

    public required DateTimeOffset At { get; init; }
}

/// <summary>A version on probation at a process.</summary>
/// <param name="Node">Which process.</param>
/// <param name="IsGone">Whether that process does not run any more: it ended without ending the probation.</param>
internal sealed record Probation(string Node, bool IsGone);

internal enum VersionState
{
    /// <summary>Nothing speaks against it, and it has not proven itself: it is new, or an operator let it go.</summary>
    Unproven = 0,

    /// <summary>It has served.</summary>
    Proven = 2,

    /// <summary>It is not loaded.</summary>
    Quarantined = 3,
}
