using System.Text;

namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// What a candidate's files look like from outside: names, lengths and times. It tells cheaply whether something changed; what the files
/// hold is told by their hash, after the copy.
/// </summary>
internal static class CandidateStamp
{
    /// <summary>More files than this are refused when they are staged; they need not be listed again and again.</summary>
    private const int MaxFiles = 2_001;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    /// <summary>The stamp, or null when the candidate is gone.</summary>
    public static string? Of(PluginCandidate candidate)
    {
        try
        {
            var entries = candidate.IsFolder ? List(new DirectoryInfo(candidate.Path)) : [new FileInfo(candidate.Path)];
            var stamp = new StringBuilder();
            foreach (var entry in entries.OrderBy(e => e.FullName, StringComparer.Ordinal))
            {
                stamp.Append(entry.FullName).Append('|').Append(entry.LastWriteTimeUtc.Ticks);
                // The time of creation too: a file that was moved into place may have the length and the time of the one before it.
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
            // It is there. Why it cannot be read is found out, and told, when it is copied.
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
