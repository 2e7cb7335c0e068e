using PluginGateway.PluginHosting.Quarantine;

namespace PluginGateway.PluginHosting.Tests;

/// <summary>What is remembered, in a dictionary: it outlives the worlds that use it.</summary>
internal sealed class FakeMemory : IPluginVersionStore
{
    private readonly Dictionary<(string, string), KnownVersion> _versions = [];

    public string Node { get; set; } = "process 1";

    /// <summary>Processes that are known to be gone.</summary>
    public HashSet<string> Gone { get; } = [];

    /// <summary>An adapter of which nothing can be written.</summary>
    public string? Broken { get; set; }

    public IEnumerable<KnownVersion> Versions => _versions.Values;

    public Task<IReadOnlyList<KnownVersion>> ReadAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<KnownVersion>>(
        [.. _versions.Values.Select(v => v with { Probations = [.. v.Probations.Select(p => p with { IsGone = Gone.Contains(p.Node) })] })]);

    public Task SaveAsync(KnownVersion version, CancellationToken ct)
    {
        if (version.AdapterName == Broken)
            throw new IOException("the disk is full");

        var known = Find(version);
        if (known?.State != VersionState.Quarantined)
            Decide(version with { Probations = version.State == VersionState.Quarantined ? [] : [.. ProbationsBut(known, Node)] });
        return Task.CompletedTask;
    }

    public Task BeginProbationAsync(KnownVersion version, CancellationToken ct)
    {
        var known = Find(version);
        Decide(version with { State = known?.State ?? VersionState.Unproven, Probations = [.. ProbationsBut(known, Node), new Probation(Node, IsGone: false)] });
        return Task.CompletedTask;
    }

    public Task EndProbationAsync(KnownVersion version, string node, CancellationToken ct)
    {
        if (Find(version) is { } known)
            Decide(known with { Probations = [.. ProbationsBut(known, node)] });
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

    /// <summary>An operator's word.</summary>
    public void Decide(KnownVersion version) => _versions[(version.AdapterName, version.Sha256)] = version;

    public Task<IReadOnlySet<string>> ListUsedElsewhereAsync(CancellationToken ct) => Task.FromResult<IReadOnlySet<string>>(new HashSet<string>());

    private static IEnumerable<Probation> ProbationsBut(KnownVersion? version, string node) => (version?.Probations ?? []).Where(p => p.Node != node);

    private KnownVersion? Find(KnownVersion version) => _versions.GetValueOrDefault((version.AdapterName, version.Sha256));
}
