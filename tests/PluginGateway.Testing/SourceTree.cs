using System.Runtime.CompilerServices;

namespace PluginGateway.Testing;

/// <summary>Reads the sources that the tests were built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", ".."));

    /// <summary>Returns the files in some folders with an extension, without those that the build creates.</summary>
    /// <returns>The paths relative to the root, with forward slashes on every system.</returns>
    public static IEnumerable<string> Files(string ending, params string[] folders) => folders
        .SelectMany(f => Directory.EnumerateFiles(Path.Combine(Root, f), $"*{ending}", SearchOption.AllDirectories))
        .Select(f => Path.GetRelativePath(Root, f).Replace(Path.DirectorySeparatorChar, '/'))
        .Where(f => !f.Split('/').Any(static part => part is "obj" or "bin"));

    public static IEnumerable<string> Lines(string file) => File.ReadLines(Path.Combine(Root, file));

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string Here([CallerFilePath] string path = "") => path;
}
