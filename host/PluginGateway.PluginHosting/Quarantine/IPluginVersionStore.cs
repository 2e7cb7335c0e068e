namespace PluginGateway.PluginHosting.Quarantine;

/// <summary>Stores the state of plug-in versions permanently, shared by all hosts.</summary>
internal interface IPluginVersionStore
{
    /// <summary>Returns all known versions.</summary>
    Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct);

    /// <summary>
    /// Stores the state of a version and replaces the previous state of the same content, except for a quarantine, which only an operator can
    /// lift. This ends the probation of the version in this process; a quarantine ends it in all processes.
    /// </summary>
    Task SaveAsync(KnownVersion version, CancellationToken ct);

    /// <summary>Starts the probation of a version in this process.</summary>
    Task BeginProbationAsync(KnownVersion version, CancellationToken ct);

    /// <summary>Ends the probation of a version in a process without a verdict on the version.</summary>
    Task EndProbationAsync(KnownVersion version, string node, CancellationToken ct);

    /// <summary>
    /// Records a verdict on a version whose probation a crashed process did not end, and ends this probation in the same transaction. Does nothing if
    /// the probation has ended in the meantime, if another host has recorded a verdict, or if the version is quarantined.
    /// </summary>
    /// <returns>Whether the verdict was recorded.</returns>
    Task<bool> RecordVerdictAsync(KnownVersion verdict, string node, CancellationToken ct);

    /// <summary>
    /// Marks versions whose code this process is about to run for the first time. The marks remain if the code ends the process.
    /// </summary>
    /// <returns>Those of the versions that carry the mark of another process that may be gone.</returns>
    Task<IReadOnlyCollection<VersionKey>> BeginLoadingAsync(IReadOnlyCollection<VersionKey> versions, CancellationToken ct);

    /// <summary>Removes the marks of this process, because its versions have been loaded.</summary>
    Task EndLoadingAsync(CancellationToken ct);

    /// <summary>Removes all marks of a version, because a trial has shown whether it ends a process.</summary>
    Task ClearLoadingAsync(VersionKey version, CancellationToken ct);

    /// <summary>Returns the content hashes that other processes use now; their staged copies must be kept.</summary>
    Task<IReadOnlySet<string>> ListUsedElsewhereAsync(CancellationToken ct);

    /// <summary>The identity of this process.</summary>
    string Node { get; }
}

/// <summary>One version of one adapter, identified by the hash of its files.</summary>
internal sealed record KnownVersion
{
    public required string AdapterName { get; init; }

    public required string Sha256 { get; init; }

    public required string Version { get; init; }

    /// <summary>Its path in the plug-ins folder.</summary>
    public required string Path { get; init; }

    public required VersionState State { get; init; }

    /// <summary>The processes that have it on probation: it serves there, and the previous version is on standby.</summary>
    public IReadOnlyList<Probation> Probations { get; init; } = [];

    public string Reason { get; init; } = "";

    /// <summary>Who set the state: an operator, or "gateway".</summary>
    public string By { get; init; } = "gateway";

    public required DateTimeOffset At { get; init; }
}

/// <summary>Identifies a version.</summary>
internal readonly record struct VersionKey(string AdapterName, string Sha256);

/// <summary>The probation of a version in one process.</summary>
/// <param name="Node">The identity of the process.</param>
/// <param name="IsGone">Whether the process is no longer running, although it has not ended the probation.</param>
internal sealed record Probation(string Node, bool IsGone);

internal enum VersionState
{
    /// <summary>It is not quarantined but has not completed a probation: it is new, or an operator lifted its quarantine.</summary>
    Unproven = 0,

    /// <summary>A process exited unexpectedly while the version was on probation. If that happens again, it is quarantined.</summary>
    Suspected = 1,

    /// <summary>It has served successfully.</summary>
    Proven = 2,

    /// <summary>It must not be loaded.</summary>
    Quarantined = 3,
}
