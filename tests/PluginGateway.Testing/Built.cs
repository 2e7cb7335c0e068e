using System.Reflection;

namespace PluginGateway.Testing;

/// <summary>Locates the outputs of the build.</summary>
internal static class Built
{
    public static string HostProgram => Metadata("HostProgram");

    /// <summary>The root of the sources.</summary>
    public static string Root => Path.GetFullPath(Path.Combine(Metadata("ArtifactsPath"), ".."));

    /// <summary>The source folder of the contracts.</summary>
    public static string ContractSources => Path.Combine(Root, "contracts", "PluginGateway.Contracts");

    /// <summary>The output folder of a plug-in of this repository, ready to be copied into a plug-ins folder.</summary>
    public static string Plugin(string name) => Path.Combine(Metadata("ArtifactsPath"), "plugins", name);

    /// <summary>Copies a plug-in of this repository into a plug-ins folder.</summary>
    public static void Drop(string name, string pluginsFolder)
    {
        var target = Path.Combine(pluginsFolder, name);
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(Plugin(name)))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
    }

    private static string Metadata(string key) =>
        typeof(Built).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
