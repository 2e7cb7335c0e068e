namespace PluginGateway.PluginHosting.Discovery;

/// <summary>Finds entries of the plug-ins folder that cannot be loaded, and says what to do with them.</summary>
internal static class FolderNotes
{
    private static readonly string[] Archives = [".zip", ".nupkg", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar"];

    /// <param name="pluginsPath">The plug-ins folder.</param>
    /// <param name="candidates">The candidates in it, whose special files are reported too.</param>
    public static IEnumerable<(string Path, string Note)> Find(string pluginsPath, IEnumerable<PluginCandidate> candidates)
    {
        var all = candidates.ToDictionary(c => c.Path, StringComparer.Ordinal);
        foreach (var path in Entries(pluginsPath).Where(p => !all.ContainsKey(p)).Concat(all.Values.Where(c => c.IsFolder).SelectMany(c => Entries(c.Path))))
            if (SpecialFile.KindOf(path) is { } kind)
                yield return (path, $"it is a {kind} and is ignored; remove it");
            else if (Path.GetDirectoryName(path) == pluginsPath && Archives.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                yield return (path, "it is an archive; unpack it into a separate folder in the plug-ins folder, and then remove it");
    }

    private static IEnumerable<string> Entries(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFiles(folder).Where(f => !Path.GetFileName(f).StartsWith('.'))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
