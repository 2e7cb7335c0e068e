namespace PluginGateway.PluginHosting.Discovery;

/// <summary>Lists what lies in the plug-ins folder: every sub-folder, and every loose DLL. Names mean nothing here.</summary>
internal static class PluginFolderScan
{
    /// <returns>What lies there; null when the folder is not there or cannot be read: a share that is away has not been emptied.</returns>
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
        var folders = Directory.EnumerateDirectories(pluginsPath)
            .Where(d => !Path.GetFileName(d).StartsWith('.'))
            .Select(d => new PluginCandidate(d, IsFolder: true));
        var files = Directory.EnumerateFiles(pluginsPath, "*.dll").Select(f => new PluginCandidate(f, IsFolder: false));

        // By path, so that of two plug-ins with one name it is always the same one that is refused.
        return [.. folders.Concat(files).OrderBy(c => c.Path, StringComparer.Ordinal)];
    }
}
