namespace PluginGateway.PluginHosting.Discovery;

/// <summary>
/// Lists the subfolders and single DLLs of the plug-ins folder. Names do not matter, except that those starting with a dot are skipped: editors
/// create them, and so do mounted configurations. Links to something that does not exist are skipped too.
/// </summary>
internal static class PluginFolderScan
{
    /// <returns>The candidates; null if the folder does not exist or cannot be read, because an unavailable share must not count as empty.</returns>
    public static IReadOnlyList<PluginCandidate>? Run(string pluginsPath)
    {
        try
        {
            return Directory.Exists(pluginsPath) ? List(pluginsPath) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static List<PluginCandidate> List(string pluginsPath)
    {
        var folders = Directory.EnumerateDirectories(pluginsPath).Where(IsVisible).Select(d => new PluginCandidate(d, IsFolder: true));
        var files = Directory.EnumerateFiles(pluginsPath, "*.dll").Where(f => IsVisible(f) && RealPath.Find(f) is not null)
            .Select(f => new PluginCandidate(f, IsFolder: false));

        // Sorted by path, so that of two plug-ins with the same adapter name, the same one is refused every time.
        return [.. folders.Concat(files).OrderBy(c => c.Path, StringComparer.Ordinal)];
    }

    private static bool IsVisible(string path) => !Path.GetFileName(path).StartsWith('.');
}
