namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Lists the files of a candidate. A link is followed if it leads to another file of the candidate, as in mounted configurations. The candidate itself
/// can be a link to anywhere, so that a release can be switched by a link. Entries whose names start with a dot are skipped.
/// </summary>
internal static class CandidateFiles
{
    private const int MaxDepth = 32;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>Returns the entries of a candidate, in no particular order.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="max">The maximum number of entries; the list ends after one more.</param>
    public static List<CandidateEntry> List(PluginCandidate candidate, int max)
    {
        var root = RealPath.Of(candidate.Path);
        if (!candidate.IsFolder)
            return [File(Path.GetFileName(candidate.Path), root)];

        var found = new List<CandidateEntry>();
        var open = new Stack<(string Relative, string Path, int Depth)>([("", root, 0)]);
        while (found.Count <= max && open.TryPop(out var folder))
            foreach (var entry in new DirectoryInfo(folder.Path).EnumerateFileSystemInfos("*", Everything).Where(e => !e.Name.StartsWith('.')))
            {
                var relative = Path.Combine(folder.Relative, entry.Name);
                // A link to nothing is not a file.
                if ((entry.LinkTarget is null ? entry.FullName : RealPath.Find(entry.FullName)) is not { } path)
                    continue;
                if (entry.LinkTarget is not null && !IsIn(path, root))
                {
                    found.Add(new CandidateEntry(relative, path, EntryKind.LeadsOut));
                }
                else if (Directory.Exists(path))
                {
                    found.Add(new CandidateEntry(relative, path, EntryKind.Folder));
                    if (folder.Depth < MaxDepth)
                        open.Push((relative, path, folder.Depth + 1));
                }
                else
                {
                    found.Add(File(relative, path));
                }
            }

        return found;
    }

    private static CandidateEntry File(string relative, string path) =>
        new(relative, path, SpecialFile.KindOf(path) is null ? EntryKind.File : EntryKind.Special);

    private static bool IsIn(string path, string root) => path.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal);
}

/// <summary>An entry of a candidate.</summary>
/// <param name="Name">Its path relative to the candidate.</param>
/// <param name="Path">Its path without links.</param>
/// <param name="Kind">What it is.</param>
internal sealed record CandidateEntry(string Name, string Path, EntryKind Kind);

internal enum EntryKind
{
    File,
    Folder,

    /// <summary>A named pipe, a socket or a device.</summary>
    Special,

    /// <summary>A link that leads out of the candidate's folder.</summary>
    LeadsOut,
}
