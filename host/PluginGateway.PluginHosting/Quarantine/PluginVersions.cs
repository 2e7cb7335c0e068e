using System.Collections.Immutable;

namespace PluginGateway.PluginHosting.Quarantine;

/// <summary>The remembered versions, as last read, and what follows from them.</summary>
internal sealed class PluginVersions(IPluginMemory memory, TimeProvider time)
{
    private ImmutableDictionary<(string Adapter, string Sha256), KnownVersion> _known = ImmutableDictionary<(string, string), KnownVersion>.Empty;

    public string Node => memory.Node;

    /// <summary>Reads what is remembered now; another process or a command may have changed it.</summary>
    public async Task ReadAsync(CancellationToken ct) =>
        _known = (await memory.ReadAsync(ct)).ToImmutableDictionary(v => (v.AdapterName, v.Sha256));

    /// <summary>The quarantine of some content, or null.</summary>
    public KnownVersion? Quarantined(string adapterName, string sha256) =>
        _known.GetValueOrDefault((adapterName, sha256)) is { State: VersionState.Quarantined } known ? known : null;

    /// <summary>Whether some content has served.</summary>
    public bool IsGood(string adapterName, string sha256) => _known.GetValueOrDefault((adapterName, sha256))?.State == VersionState.Good;

    /// <summary>The latest versions of every adapter that have served: those that somebody may want to go back to.</summary>
    public IEnumerable<KnownVersion> LatestGood(int count) => _known.Values.Select(v => v.AdapterName).Distinct(StringComparer.Ordinal).SelectMany(a => Good(a).Take(count));

    /// <summary>A plug-in was taken away: what it left does not stand for whatever comes to that path.</summary>
    public async Task ForgetPathAsync(string path, CancellationToken ct)
    {
        foreach (var version in _known.Values.Where(v => v.Path == path && v.State is VersionState.Good or VersionState.Trial))
            await SaveAsync(version with { State = VersionState.Good, Path = "" }, ct);
    }

    /// <summary>Versions of an adapter that have served, the last one first.</summary>
    public IEnumerable<KnownVersion> Good(string adapterName) =>
        _known.Values.Where(v => v.AdapterName == adapterName && v.State == VersionState.Good).OrderByDescending(v => v.At);

    /// <summary>Adapters whose last good version was found at a path.</summary>
    public IEnumerable<string> AdaptersAt(string path) =>
        _known.Values.Where(v => v.Path == path && v.State == VersionState.Good).Select(v => v.AdapterName).Distinct(StringComparer.Ordinal);

    /// <summary>Remembers a version, unless that is what is known of it already: a start with nothing new writes nothing.</summary>
    public Task SaveAsync(KnownVersion version, CancellationToken ct)
    {
        if (Quarantined(version.AdapterName, version.Sha256) is not null && version.State != VersionState.Quarantined)
            return Task.CompletedTask;
        if (version.State == VersionState.Good && _known.GetValueOrDefault((version.AdapterName, version.Sha256)) is { State: VersionState.Good } known
            && known.Path == version.Path && Good(version.AdapterName).First() == known)
            return Task.CompletedTask;

        ImmutableInterlocked.AddOrUpdate(ref _known, (version.AdapterName, version.Sha256), version, (_, _) => version);
        return memory.SaveAsync(version, ct);
    }

    /// <summary>
    /// A process that died while a version was on probation may have died of it: if there is one to go back to, the version is quarantined.
    /// </summary>
    public async Task JudgeDeadTrialsAsync(CancellationToken ct)
    {
        foreach (var trial in _known.Values.Where(v => v.State == VersionState.Trial && memory.IsGone(v.Node)))
        {
            await SaveAsync(
                trial with
                {
                    State = Good(trial.AdapterName).Any() ? VersionState.Quarantined : VersionState.Good,
                    Reason = "the gateway ended unexpectedly while it was on probation",
                    At = time.GetUtcNow(),
                },
                ct);
        }
    }

    /// <summary>The gateway stops as it should: what it had on probation begins anew with the next start.</summary>
    public async Task ReleaseTrialsAsync(CancellationToken ct)
    {
        foreach (var trial in _known.Values.Where(v => v.State == VersionState.Trial && v.Node == memory.Node))
            await SaveAsync(trial with { State = VersionState.Free, At = time.GetUtcNow() }, ct);
    }
}
