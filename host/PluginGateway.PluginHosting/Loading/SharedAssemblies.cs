using System.Reflection;
using System.Runtime.Loader;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// What every plug-in shares with the host: Contracts and all that Contracts references, whatever copies a plug-in carries. A private copy
/// of one of these would give types that look the same and are not.
/// </summary>
internal static class SharedAssemblies
{
    private static readonly string FrameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly HashSet<string> Names = Closure(typeof(IAdapterPlugin).Assembly);

    public static bool Contains(string simpleName) => Names.Contains(simpleName);

    /// <summary>
    /// The host's copy of a shared or framework assembly; null for anything else, so that a plug-in never binds to a library that merely
    /// happens to lie beside the host. The version is not compared: the contract gate did that.
    /// </summary>
    public static Assembly? Find(string simpleName)
    {
        if (!Names.Contains(simpleName) && !File.Exists(Path.Combine(FrameworkFolder, simpleName + ".dll")))
            return null;

        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(simpleName));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static HashSet<string> Closure(Assembly root)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { root.GetName().Name! };
        var open = new Stack<Assembly>([root]);
        while (open.TryPop(out var assembly))
        {
            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                if (File.Exists(Path.Combine(FrameworkFolder, reference.Name + ".dll")) || !names.Add(reference.Name!))
                    continue;
                open.Push(AssemblyLoadContext.Default.LoadFromAssemblyName(reference));
            }
        }

        return names;
    }
}
