using System.Reflection;
using System.Runtime.Loader;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// One generation's own world: its private dependencies from its staged folder, the shared assemblies and the framework from the host,
/// nothing else.
/// </summary>
internal sealed class PluginLoadContext(string name, string entryPath) : AssemblyLoadContext(name, isCollectible: true)
{
    private readonly AssemblyDependencyResolver _resolver = new(entryPath);
    private readonly string _folder = Path.GetDirectoryName(entryPath)!;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var simpleName = assemblyName.Name!;
        if (SharedAssemblies.Contains(simpleName) || SharedAssemblies.FrameworkHas(assemblyName))
            return SharedAssemblies.Find(simpleName);

        if (PrivatePath(assemblyName) is { } path)
            return LoadFromAssemblyPath(path);

        // Never null: that would ask the default context, where the host's own libraries are.
        throw new FileNotFoundException($"{assemblyName.Name} {assemblyName.Version} is not in the plug-in's folder, nor is the framework as new as that.");
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;

    private string? PrivatePath(AssemblyName name)
    {
        if (_resolver.ResolveAssemblyToPath(name) is { } resolved && File.Exists(resolved))
            return resolved;

        var beside = Path.Combine(_folder, name.Name + ".dll");
        return File.Exists(beside) ? beside : null;
    }
}
