using System.Collections.Immutable;

namespace PluginGateway.PluginHosting.Quarantine;

/// <summary>The remembered versions, as last read, and what follows from them.</summary>
internal sealed class PluginVersions(IPluginVersionStore memory, TimeProvider time)
{
    private ImmutableDictionary<(string Adapter, string Sha256), KnownVersion> _known = ImmutableDictionary<(string, string), KnownVersion>.Empty;

    /// <summary>Reads what is remembered now; another process or a command may have changed it.</summary>
    public async Task ReadAsync(CancellationToken ct) =>
        _known = (await memory.ReadAsync(ct)).ToImmutableDictionary(v => (v.AdapterName, v.Sha256));

    /// <summary>The quarantine of some content, or null.</summary>
    public KnownVersion? Quarantined(string adapterName, string sha256) =>
        _known.GetValueOrDefault((adapterName, sha256)) is { State: VersionState.Quarantined } known ? known : null;

    /// <summary>Whether some content has served, and is on probation nowhere.</summary>
    public bool IsProven(string adapterName, string sha256) => _known.GetValueOrDefault((adapterName, sha256)) is { } known && IsProven(known);

    /// <summary>The latest versions of every adapter that have served: those that somebody may want to go back to.</summary>
    public IEnumerable<KnownVersion> LatestProven(int count) =>
        _known.Values.Select(v => v.AdapterName).Distinct(StringComparer.Ordinal).SelectMany(a => MarkProven(a).Take(count));

    /// <summary>A plug-in was taken away: what it left does not stand for whatever comes to that path, and its probation is over.</summary>
    public async Task ForgetPathAsync(string path, string? adapterName, CancellationToken ct)
    {
        foreach (var version in _known.Values.Where(
            v => v.Path == path && (adapterName is null || v.AdapterName == adapterName) && (v.State == VersionState.Proven || IsOnProbationHere(v))))
            await SaveAsync(version with { Path = "" }, ct);
    }

    /// <summary>Versions of an adapter that have served, the last one first.</summary>
    public IEnumerable<KnownVersion> MarkProven(string adapterName) =>
        _known.Values.Where(v => v.AdapterName == adapterName && IsProven(v)).OrderByDescending(v => v.At);

    /// <summary>Adapters whose last good version was found at a path.</summary>
    public IEnumerable<string> AdaptersAt(string path) =>
        _known.Values.Where(v => v.Path == path && IsProven(v)).Select(v => v.AdapterName).Distinct(StringComparer.Ordinal);

    /// <summary>Remembers a version, unless that is what is known of it already: a start with nothing new writes nothing.</summary>
    public Task SaveAsync(KnownVersion version, CancellationToken ct)
    {
        var known = _known.GetValueOrDefault((version.AdapterName, version.Sha256));
        if (known?.State == VersionState.Quarantined && version.State != VersionState.Quarantined)
            return Task.CompletedTask;
        if (version.State == VersionState.Proven && known?.State == VersionState.Proven && known.Path == version.Path
            && MarkProven(version.AdapterName).FirstOrDefault() == known)
            return Task.CompletedTask;

        Remember(version with { Probations = version.State == VersionState.Quarantined ? [] : ProbationsElsewhere(known) });
        return memory.SaveAsync(version, ct);
    }

    /// <summary>This process begins the probation of a version: if it dies before the end, that is held against the version.</summary>
    public Task BeginProbationAsync(KnownVersion version, CancellationToken ct)
    {
        var known = _known.GetValueOrDefault((version.AdapterName, version.Sha256));
        Remember(version with
        {
            State = known?.State ?? VersionState.Unproven,
            Probations = [.. ProbationsElsewhere(known), new Probation(memory.Node, IsGone: false)],
        });
        return memory.BeginProbationAsync(version, ct);
    }

    /// <summary>
    /// A process that died while a version was on probation may have died of it: if there is one to go back to, the version is quarantined.
    /// </summary>
    public async Task JudgeDeadProbationsAsync(CancellationToken ct)
    {
        foreach (var (version, node) in _known.Values.SelectMany(v => v.Probations.Where(p => p.IsGone).Select(p => (v, p.Node))).ToList())
        {
            var verdict = version with
            {
                State = MarkProven(version.AdapterName).Any() ? VersionState.Quarantined : VersionState.Proven,
                Reason = "the gateway ended unexpectedly while it was on probation",
                By = "gateway",
                At = time.GetUtcNow(),
            };
            if (await memory.RecordVerdictAsync(verdict, node, ct))
                Remember(verdict with { Probations = [.. version.Probations.Where(p => p.Node != node && verdict.State != VersionState.Quarantined)] });
        }
    }

    /// <summary>The gateway stops as it should: what it had on probation begins anew with the next start.</summary>
    public async Task ReleaseProbationsAsync(CancellationToken ct)
    {
        foreach (var version in _known.Values.Where(IsOnProbationHere))
            await memory.EndProbationAsync(version, memory.Node, ct);
    }

    private void Remember(KnownVersion version) =>
        ImmutableInterlocked.AddOrUpdate(ref _known, (version.AdapterName, version.Sha256), version, (_, _) => version);

    private IReadOnlyList<Probation> ProbationsElsewhere(KnownVersion? known) => [.. (known?.Probations ?? []).Where(p => p.Node != memory.Node)];

    private static bool IsProven(KnownVersion version) => version is { State: VersionState.Proven, Probations.Count: 0 };

    private bool IsOnProbationHere(KnownVersion version) => version.Probations.Any(p => p.Node == memory.Node);
}
