using System.Collections.Frozen;
using System.Collections.Immutable;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>An immutable snapshot of all councils. A request uses the same snapshot from start to end.</summary>
internal sealed class CouncilSnapshot
{
    private readonly FrozenDictionary<string, Council> _byName;

    public CouncilSnapshot(ImmutableDictionary<string, LoadedCouncilFile> files)
    {
        Files = files;
        Councils = [.. files.Values.Select(f => f.Live).OfType<Council>().OrderBy(c => c.JurisdictionId, StringComparer.Ordinal)];
        _byName = Councils
            .SelectMany(c => c.Aliases.Append(c.JurisdictionId).Select(name => (name, c)))
            .DistinctBy(p => p.name, StringComparer.Ordinal)
            .ToFrozenDictionary(p => p.name, p => p.c, StringComparer.Ordinal);
    }

    public static CouncilSnapshot Empty { get; } = new(ImmutableDictionary<string, LoadedCouncilFile>.Empty);

    public IReadOnlyList<Council> Councils { get; }

    /// <summary>All council files by path, including those without a live council.</summary>
    public ImmutableDictionary<string, LoadedCouncilFile> Files { get; }

    /// <summary>Returns a council by its <c>jurisdiction_id</c> or an alias; the comparison is case-sensitive.</summary>
    public Council? Find(string jurisdictionId) => _byName.GetValueOrDefault(jurisdictionId);

    public BackEnd? FindBackEnd(string council, string name) => Find(council) is { } found
        ? found.BackEnds.GetValueOrDefault(name) ?? found.Copies.BackEnds.FirstOrDefault(b => b.Name == name)
        : null;
}

/// <summary>A council file with its live version and the errors of its latest version.</summary>
internal sealed record LoadedCouncilFile
{
    public required string Path { get; init; }

    /// <summary>The file's length and write time when it was last read.</summary>
    public required (long Length, DateTime Changed) Stamp { get; init; }

    public required Council? Live { get; init; }

    public required IReadOnlyList<SettingsError> Errors { get; init; }
}
