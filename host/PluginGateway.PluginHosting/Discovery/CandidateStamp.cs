using System.Text;

namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Summarises a candidate's files by real paths, lengths and times. This is a cheap check for changes; the content is compared by its hash after
/// the copy.
/// </summary>
internal static class CandidateStamp
{
    /// <summary>Staging refuses a candidate with this many files, so that listing more is unnecessary.</summary>
    private const int MaxFiles = 2_001;

    /// <summary>Returns the stamp, which is empty for a folder without entries; null if the candidate no longer exists.</summary>
    public static string? Of(PluginCandidate candidate)
    {
        try
        {
            var stamp = new StringBuilder();
            foreach (var entry in CandidateFiles.List(candidate, MaxFiles).OrderBy(e => e.Name, StringComparer.Ordinal))
            {
                FileSystemInfo info = entry.Kind == EntryKind.Folder ? new DirectoryInfo(entry.Path) : new FileInfo(entry.Path);
                stamp.Append(entry.Name).Append('|').Append(entry.Path).Append('|').Append(info.LastWriteTimeUtc.Ticks);
                // Includes the creation time, because a file that was moved into place can have the length and write time of its predecessor.
                if (entry.Kind == EntryKind.File)
                    stamp.Append('|').Append(((FileInfo)info).Length).Append('|').Append(info.CreationTimeUtc.Ticks);
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
}
