using System.Collections.Frozen;
using System.Collections.Immutable;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>An immutable snapshot of all councils. A request uses the same snapshot from start to end.</summary>
internal sealed class CouncilSnapshot
{
    private readonly FrozenDictionary<string, Council> _byName;

    /// <param name="files">The council files by path.</param>
    /// <param name="stored">The councils that have been live, according to the database.</param>
    /// <param name="folderProblem">Why the councils folder cannot be listed; null if it can.</param>
    public CouncilSnapshot(ImmutableDictionary<string, LoadedCouncilFile> files, IEnumerable<StoredCouncilFile> stored, string? folderProblem)
    {
        Files = files;
        FolderProblem = folderProblem;
        Councils = [.. files.Values.Select(f => f.Live).OfType<Council>().OrderBy(c => c.JurisdictionId, StringComparer.Ordinal)];
        _byName = Councils
            .SelectMany(c => c.Aliases.Append(c.JurisdictionId).Select(name => (name, c)))
            .DistinctBy(p => p.name, StringComparer.Ordinal)
            .ToFrozenDictionary(p => p.name, p => p.c, StringComparer.Ordinal);
        Absent = [.. stored.Where(s => !_byName.ContainsKey(s.Council)).OrderBy(s => s.Council, StringComparer.Ordinal)];
    }

    public static CouncilSnapshot Empty { get; } = new(ImmutableDictionary<string, LoadedCouncilFile>.Empty, [], null);

    public IReadOnlyList<Council> Councils { get; }

    /// <summary>
    /// The councils that were live but have no valid file now. Their clients are told to repeat their calls, because the file may only be away for a
    /// while, until somebody confirms that the council was removed.
    /// </summary>
    public IReadOnlyList<StoredCouncilFile> Absent { get; }

    /// <summary>All council files by path, including those without a live council.</summary>
    public ImmutableDictionary<string, LoadedCouncilFile> Files { get; }

    /// <summary>Why the councils folder cannot be listed; null if it can.</summary>
    public string? FolderProblem { get; }

    /// <summary>What an operator should know about the files, without their content.</summary>
    public IEnumerable<string> Problems =>
    [
        .. FolderProblem is null ? [] : new[] { "the councils folder cannot be read" },
        .. Files.Values.OrderBy(f => f.Path, StringComparer.Ordinal).Select(Describe).OfType<string>(),
        .. Absent.Select(a => $"council {a.Council} has no valid file"),
    ];

    /// <summary>Returns a council by its <c>jurisdiction_id</c> or an alias; the comparison is case-sensitive.</summary>
    public Council? Find(string jurisdictionId) => _byName.GetValueOrDefault(jurisdictionId);

    public BackEnd? FindBackEnd(string council, string name) => Find(council) is { } found
        ? found.BackEnds.GetValueOrDefault(name) ?? found.Copies.BackEnds.FirstOrDefault(b => b.Name == name)
        : null;

    /// <summary>Returns the absent council with this <c>jurisdiction_id</c> or alias; null if there is none.</summary>
    public StoredCouncilFile? FindAbsent(string jurisdictionId) =>
        Absent.FirstOrDefault(a => a.Names.Contains(jurisdictionId, StringComparer.Ordinal));

    private static string? Describe(LoadedCouncilFile file)
    {
        var name = Path.GetFileName(file.Path);
        return file switch
        {
            { IsValid: true } => null,
            { Live: null } => $"{name} has errors and is not used",
            { Restored: not null } => $"council {file.Live.JurisdictionId} uses the version of {name} from the database",
            { IsOutdated: true } => $"council {file.Live.JurisdictionId} uses an earlier version of {name}",
            { Errors.Count: > 0 } => $"{name} has errors",
            _ => $"{name} could not be checked completely",
        };
    }
}
