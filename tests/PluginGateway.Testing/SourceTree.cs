using System.Runtime.CompilerServices;

namespace PluginGateway.Testing;

/// <summary>The source that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", ".."));

    /// <summary>The files of some folders with an ending; those that the build makes are left out.</summary>
    /// <returns>Their paths below the root, with slashes on every system.</returns>
    public static IEnumerable<string> Files(string ending, params string[] folders) => folders
        .SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), $"*{ending}", SearchOption.AllDirectories))
        .Select(f => Path.GetRelativePath(Root, f).Replace(Path.DirectorySeparatorChar, '/'))
        .Where(f => !f.Split('/').Any(static part => part is "obj" or "bin"));

    public static IEnumerable<string> Lines(string file) => File.ReadLines(Path.Combine(Root, file));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string Here([CallerFilePath] string path = "") => path;
}
