using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Catalogues;

/// <summary>The last valid version of a council's file, as the database has it. The content is read separately.</summary>
internal sealed record StoredCouncilFile
{
    public required string Council { get; init; }

    public required string Name { get; init; }

    public required IReadOnlyList<string> Aliases { get; init; }

    public required string FileName { get; init; }

    /// <summary>The hash of the content; empty if the council was live although no version of its file has been valid yet.</summary>
    public required string Sha256 { get; init; }

    /// <summary>When this version was stored.</summary>
    public required DateTimeOffset Stored { get; init; }

    /// <summary>The names under which clients know the council.</summary>
    public IEnumerable<string> Names => Aliases.Append(Council);

    public static StoredCouncilFile Of(Council council, string path, string sha256, DateTimeOffset now) => new()
    {
        Council = council.JurisdictionId,
        Name = council.Name,
        Aliases = council.Aliases,
        FileName = Path.GetFileName(path),
        Sha256 = sha256,
        Stored = now,
    };

    /// <summary>Whether this is the same version of the same file.</summary>
    public bool IsSameVersion(StoredCouncilFile other) => Sha256 == other.Sha256 && FileName == other.FileName;
}
