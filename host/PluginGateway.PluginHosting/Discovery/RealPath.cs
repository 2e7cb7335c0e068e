namespace PluginGateway.PluginHosting.Discovery;

/// <summary>Resolves symbolic links in every part of a path, because a release can be switched by a link anywhere above a file.</summary>
internal static class RealPath
{
    /// <summary>The limit of Linux; more links than this are a cycle.</summary>
    private const int MaxLinks = 40;

    /// <summary>Returns the path without symbolic links. Parts that do not exist are kept.</summary>
    /// <exception cref="IOException">The links form a cycle.</exception>
    public static string Of(string path)
    {
        var full = Path.GetFullPath(path);
        var current = Path.GetPathRoot(full)!;
        var parts = new Stack<string>();
        Push(parts, full);
        for (var links = 0; parts.TryPop(out var part);)
        {
            var next = Path.Join(current, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                current = next;
                continue;
            }

            if (++links > MaxLinks)
                throw new IOException($"{path} contains too many symbolic links.");
            var resolved = Path.GetFullPath(target, current);
            Push(parts, resolved);
            current = Path.GetPathRoot(resolved)!;
        }

        return current;
    }

    /// <summary>Returns the path without symbolic links; null if they lead to nothing, or form a cycle.</summary>
    public static string? Find(string path)
    {
        try
        {
            var real = Of(path);
            return Path.Exists(real) ? real : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void Push(Stack<string> parts, string path)
    {
        foreach (var part in path[Path.GetPathRoot(path)!.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Reverse())
            parts.Push(part);
    }
}
