using System.Reflection;
using System.Runtime.Loader;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// The assemblies that every plug-in shares with the host: Contracts and all its references, including packages that are part of the framework.
/// A plug-in's own copies are not used, because they would define different types with the same names.
/// </summary>
internal static class SharedAssemblies
{
    private static readonly string FrameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly HashSet<string> Shared = FindWithReferences(typeof(IAdapterPlugin).Assembly);

    /// <summary>The simple names of the shared assemblies.</summary>
    public static IReadOnlyCollection<string> Names => Shared;

    /// <summary>The load context that provides the shared assemblies to plug-ins.</summary>
    public static AssemblyLoadContext Context { get; } = new SharedContext();

    public static bool Contains(string simpleName) => Shared.Contains(simpleName);

    public static bool IsContracts(string simpleName) => simpleName == typeof(IAdapterPlugin).Assembly.GetName().Name;

    /// <summary>
    /// Returns the host's copy of a shared or framework assembly; null for any other, so that a plug-in never binds to a library of the host.
    /// Versions are not compared here: the inspector compares the contract version, and the loader those of the other assemblies.
    /// </summary>
    public static Assembly? Find(string simpleName)
    {
        if (!Shared.Contains(simpleName) && !IsOfFramework(simpleName))
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

    /// <summary>
    /// Whether the running framework has an assembly in at least the given version; in this case a plug-in's copy is not used.
    /// </summary>
    public static bool FrameworkHas(AssemblyName wanted) => IsOfFramework(wanted.Name!) && Find(wanted.Name!)?.GetName().Version >= wanted.Version;

    public static bool IsOfFramework(string simpleName) => File.Exists(Path.Combine(FrameworkFolder, simpleName + ".dll"));

    private static HashSet<string> FindWithReferences(Assembly root)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { root.GetName().Name! };
        var open = new Stack<Assembly>([root]);
        while (open.TryPop(out var assembly))
        {
            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                // The framework resolves its own references.
                if (names.Add(reference.Name!) && !IsOfFramework(reference.Name!))
                    open.Push(AssemblyLoadContext.Default.LoadFromAssemblyName(reference));
            }
        }

        return names;
    }

    /// <summary>
    /// Returns the host's copy regardless of the requested version. The contract check and the loader's version check run first and report a mismatch.
    /// (The default context would refuse a higher version, and the loader would then search for a private copy.)
    /// </summary>
    private sealed class SharedContext() : AssemblyLoadContext("shared with plug-ins")
    {
        protected override Assembly? Load(AssemblyName assemblyName) => Find(assemblyName.Name!);
    }
}
