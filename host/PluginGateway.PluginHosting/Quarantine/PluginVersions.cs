using System.Collections.Immutable;

namespace PluginGateway.PluginHosting.Quarantine;

/// <summary>Caches the stored versions as last read, and provides queries on them.</summary>
internal sealed class PluginVersions(IPluginVersionStore store, TimeProvider time)
{
    private ImmutableDictionary<(string Adapter, string Sha256), KnownVersion> _known = ImmutableDictionary<(string, string), KnownVersion>.Empty;

    /// <summary>Reads the stored versions again, because another process or a command may have changed them.</summary>
    public async Task ReadAsync(CancellationToken ct) =>
        _known = (await store.ReadAsync(ct)).ToImmutableDictionary(v => (v.AdapterName, v.Sha256));

    /// <summary>Returns the version with this content if it is quarantined; otherwise null.</summary>
    public KnownVersion? Quarantined(string adapterName, string sha256) =>
        _known.GetValueOrDefault((adapterName, sha256)) is { State: VersionState.Quarantined } known ? known : null;

    /// <summary>Whether this content has served successfully and is not on probation in any process.</summary>
    public bool IsProven(string adapterName, string sha256) => _known.GetValueOrDefault((adapterName, sha256)) is { } known && IsProven(known);

    /// <summary>Returns the latest proven versions of every adapter, which are the candidates for a rollback.</summary>
    public IEnumerable<KnownVersion> LatestProven(int count) =>
        _known.Values.Select(v => v.AdapterName).Distinct(StringComparer.Ordinal).SelectMany(a => ListProven(a).Take(count));

    /// <summary>
    /// Clears the path of versions whose plug-in has been removed, so that they do not apply to a later plug-in at this path, and ends their probation.
    /// </summary>
    public async Task ForgetPathAsync(string path, string? adapterName, CancellationToken ct)
    {
        foreach (var version in _known.Values.Where(
            v => v.Path == path && (adapterName is null || v.AdapterName == adapterName) && (v.State == VersionState.Proven || IsOnProbationHere(v))))
            await SaveAsync(version with { Path = "" }, ct);
    }

    /// <summary>Returns the proven versions of an adapter, latest first.</summary>
    public IEnumerable<KnownVersion> ListProven(string adapterName) =>
        _known.Values.Where(v => v.AdapterName == adapterName && IsProven(v)).OrderByDescending(v => v.At);

    /// <summary>Returns the adapters that have a proven version at a path.</summary>
    public IEnumerable<string> AdaptersAt(string path) =>
        _known.Values.Where(v => v.Path == path && IsProven(v)).Select(v => v.AdapterName).Distinct(StringComparer.Ordinal);

    /// <summary>Stores the state of a version if it differs from the known state, so that a startup without changes writes nothing.</summary>
    public Task SaveAsync(KnownVersion version, CancellationToken ct)
    {
        var known = _known.GetValueOrDefault((version.AdapterName, version.Sha256));
        if (known?.State == VersionState.Quarantined && version.State != VersionState.Quarantined)
            return Task.CompletedTask;
        if (version.State == VersionState.Proven && known?.State == VersionState.Proven && known.Path == version.Path
            && ListProven(version.AdapterName).FirstOrDefault() == known)
            return Task.CompletedTask;

        Remember(version with { Probations = version.State == VersionState.Quarantined ? [] : ProbationsElsewhere(known) });
        return store.SaveAsync(version, ct);
    }

    /// <summary>Starts the probation of a version in this process. A crash before it ends counts against the version.</summary>
    public Task BeginProbationAsync(KnownVersion version, CancellationToken ct)
    {
        var known = _known.GetValueOrDefault((version.AdapterName, version.Sha256));
        Remember(version with
        {
            State = known?.State ?? VersionState.Unproven,
            Probations = [.. ProbationsElsewhere(known), new Probation(store.Node, IsGone: false)],
        });
        return store.BeginProbationAsync(version, ct);
    }

    /// <summary>Marks versions before their code runs.</summary>
    /// <returns>Those that may have ended a process, so that they must be loaded in a process of their own first.</returns>
    public async Task<IReadOnlyCollection<VersionKey>> BeginLoadingAsync(IReadOnlyCollection<VersionKey> keys, CancellationToken ct)
    {
        if (keys.Count == 0)
            return [];

        var marked = await store.BeginLoadingAsync(keys, ct);
        return [.. keys.Where(k => marked.Contains(k) || _known.GetValueOrDefault((k.AdapterName, k.Sha256)) is { State: VersionState.Suspected })];
    }

    public Task EndLoadingAsync(CancellationToken ct) => store.EndLoadingAsync(ct);

    public Task ClearLoadingAsync(VersionKey key, CancellationToken ct) => store.ClearLoadingAsync(key, ct);

    /// <summary>
    /// Judges the versions whose probation was not ended by a process that is no longer running, because they may have crashed it. The process may also
    /// have been killed, so the version is quarantined only if this happens twice, and if there is a proven version to return to.
    /// </summary>
    public async Task JudgeAbandonedProbationsAsync(CancellationToken ct)
    {
        foreach (var (version, node) in _known.Values.SelectMany(v => v.Probations.Where(p => p.IsGone).Select(p => (v, p.Node))).ToList())
        {
            var verdict = version with
            {
                State = !ListProven(version.AdapterName).Any() ? VersionState.Proven
                    : version.State == VersionState.Suspected ? VersionState.Quarantined : VersionState.Suspected,
                Reason = "the gateway process exited unexpectedly"
                    + $"{(version.State == VersionState.Suspected ? " twice" : "")} while this version was on probation",
                By = "gateway",
                At = time.GetUtcNow(),
            };
            if (await store.RecordVerdictAsync(verdict, node, ct))
                Remember(verdict with { Probations = [.. version.Probations.Where(p => p.Node != node && verdict.State != VersionState.Quarantined)] });
        }
    }

    /// <summary>Ends the probations of this process at a regular shutdown; they start again at the next startup.</summary>
    public async Task ReleaseProbationsAsync(CancellationToken ct)
    {
        foreach (var version in _known.Values.Where(IsOnProbationHere))
            await store.EndProbationAsync(version, store.Node, ct);
    }

    private void Remember(KnownVersion version) =>
        ImmutableInterlocked.AddOrUpdate(ref _known, (version.AdapterName, version.Sha256), version, (_, _) => version);

    private IReadOnlyList<Probation> ProbationsElsewhere(KnownVersion? known) => [.. (known?.Probations ?? []).Where(p => p.Node != store.Node)];

    private static bool IsProven(KnownVersion version) => version is { State: VersionState.Proven, Probations.Count: 0 };

    private bool IsOnProbationHere(KnownVersion version) => version.Probations.Any(p => p.Node == store.Node);
}
