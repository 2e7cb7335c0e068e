using System.Text;

namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Summarises a candidate's files by names, lengths and times. This is a cheap check for changes; the content is compared by its hash after
/// the copy.
/// </summary>
internal static class CandidateStamp
{
    /// <summary>Staging refuses a candidate with this many files, so that listing more is unnecessary.</summary>
    private const int MaxFiles = 2_001;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>Returns the stamp, or null if the candidate no longer exists.</summary>
    public static string? Of(PluginCandidate candidate)
    {
        try
        {
            var entries = candidate.IsFolder ? List(new DirectoryInfo(candidate.Path)) : [new FileInfo(candidate.Path)];
            var stamp = new StringBuilder();
            foreach (var entry in entries.OrderBy(e => e.FullName, StringComparer.Ordinal))
            {
                stamp.Append(entry.FullName).Append('|').Append(entry.LastWriteTimeUtc.Ticks);
                // Includes the creation time, because a file that was moved into place can have the length and write time of its predecessor.
                if (entry is FileInfo file)
                    stamp.Append('|').Append(file.Length).Append('|').Append(file.CreationTimeUtc.Ticks);
                stamp.Append('\n');
            }

            return stamp.ToString();
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The candidate exists. The copy will fail for the same reason and report it.
            return e.Message;
        }
    }

    private static List<FileSystemInfo> List(DirectoryInfo root)
    {
        var found = new List<FileSystemInfo>();
        var open = new Stack<DirectoryInfo>([root]);
        while (found.Count < MaxFiles && open.TryPop(out var folder))
        {
            foreach (var entry in folder.EnumerateFileSystemInfos("*", Everything))
            {
                found.Add(entry);
                // Links are not followed; staging refuses them.
                if (entry is DirectoryInfo child && child.LinkTarget is null)
                    open.Push(child);
            }
        }

        return found;
    }
}
