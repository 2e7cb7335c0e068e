namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Identifies a version of a file cheaply. The real path is included, because a link that is switched to another release can lead to a file with the
/// same length and times.
/// </summary>
internal sealed record FileStamp(string RealPath, long Length, DateTime Written, DateTime Created)
{
    /// <summary>Returns the stamp of a file; null if there is no such file, or only a link to a file that does not exist.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            return Discovery.RealPath.Find(path) is { } real && new FileInfo(real) is { Exists: true } file
                ? new FileStamp(real, file.Length, file.LastWriteTimeUtc, file.CreationTimeUtc)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
