using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>Stores the versions in a dictionary that several plug-in worlds share.</summary>
internal sealed class FakeVersionStore : IPluginVersionStore
{
    private readonly Dictionary<(string, string), KnownVersion> _versions = [];

    public string Node { get; set; } = "process 1";

    /// <summary>The processes that are known to have exited.</summary>
    public HashSet<string> Gone { get; } = [];

    /// <summary>The adapter whose versions cannot be saved.</summary>
    public string? FailsFor { get; set; }

    /// <summary>The versions that processes are loading.</summary>
    public HashSet<(VersionKey Version, string Node)> Loading { get; } = [];

    public IEnumerable<KnownVersion> Versions => _versions.Values;

    public Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<KnownVersion>>(
        [.. _versions.Values.Select(v => v with { Probations = [.. v.Probations.Select(p => p with { IsGone = Gone.Contains(p.Node) })] })]);

    public Task SaveAsync(KnownVersion version, CancellationToken ct)
    {
        if (version.AdapterName == FailsFor)
            throw new IOException("the disk is full");

        var known = Find(version);
        if (known?.State != VersionState.Quarantined)
            SetState(version with { Probations = version.State == VersionState.Quarantined ? [] : [.. ProbationsExcept(known, Node)] });
        return Task.CompletedTask;
    }

    public Task BeginProbationAsync(KnownVersion version, CancellationToken ct)
    {
        var known = Find(version);
        SetState(version with
        {
            State = known?.State ?? VersionState.Unproven,
            Probations = [.. ProbationsExcept(known, Node), new Probation(Node, IsGone: false)],
        });
        return Task.CompletedTask;
    }

    public Task EndProbationAsync(KnownVersion version, string node, CancellationToken ct)
    {
        if (Find(version) is { } known)
            SetState(known with { Probations = [.. ProbationsExcept(known, node)] });
        return Task.CompletedTask;
    }

    public async Task<bool> RecordVerdictAsync(KnownVersion verdict, string node, CancellationToken ct)
    {
        if (Find(verdict) is not { } known || known.Probations.All(p => p.Node != node))
            return false;

        await EndProbationAsync(verdict, node, ct);
        await SaveAsync(verdict, ct);
        return true;
    }

    public Task<IReadOnlyCollection<VersionKey>> BeginLoadingAsync(IReadOnlyCollection<VersionKey> versions, CancellationToken ct)
    {
        IReadOnlyCollection<VersionKey> suspects = [.. Loading.Where(l => l.Node != Node).Select(l => l.Version)];
        Loading.UnionWith(versions.Select(v => (v, Node)));
        return Task.FromResult(suspects);
    }

    public Task EndLoadingAsync(CancellationToken ct)
    {
        Loading.RemoveWhere(l => l.Node == Node);
        return Task.CompletedTask;
    }

    public Task ClearLoadingAsync(VersionKey version, CancellationToken ct)
    {
        Loading.RemoveWhere(l => l.Version == version);
        return Task.CompletedTask;
    }

    /// <summary>Sets the state of a version, as an operator does.</summary>
    public void SetState(KnownVersion version) => _versions[(version.AdapterName, version.Sha256)] = version;

    public Task<IReadOnlySet<string>> ListUsedElsewhereAsync(CancellationToken ct) => Task.FromResult<IReadOnlySet<string>>(new HashSet<string>());

    private static IEnumerable<Probation> ProbationsExcept(KnownVersion? version, string node) => (version?.Probations ?? []).Where(p => p.Node != node);

    private KnownVersion? Find(KnownVersion version) => _versions.GetValueOrDefault((version.AdapterName, version.Sha256));
}
