using System.Reflection;
using System.Runtime.Loader;
using PluginGateway.Contracts;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// What every plug-in shares with the host: Contracts and all that Contracts references, whatever copies a plug-in carries. A private copy
/// of one of these would give types that look the same and are not. That goes for packages of the framework too, which a plug-in may bring.
/// </summary>
internal static class SharedAssemblies
{
    private static readonly string FrameworkFolder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly HashSet<string> Closed = Closure(typeof(IAdapterPlugin).Assembly);

    /// <summary>The simple names of what is shared.</summary>
    public static IReadOnlyCollection<string> Names => Closed;

    /// <summary>Where plug-ins' contexts find what is shared.</summary>
    public static AssemblyLoadContext Context { get; } = new SharedContext();

    public static bool Contains(string simpleName) => Closed.Contains(simpleName);

    public static bool IsContracts(string simpleName) => simpleName == typeof(IAdapterPlugin).Assembly.GetName().Name;

    /// <summary>
    /// The host's copy of a shared or framework assembly; null for anything else, so that a plug-in never binds to a library that merely
    /// happens to lie beside the host. The version is not compared: the contract gate did that.
    /// </summary>
    public static Assembly? Find(string simpleName)
    {
        if (!Closed.Contains(simpleName) && !IsOfFramework(simpleName))
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
    /// Whether the framework that runs has an assembly at least as new as the one that is asked for: then a plug-in's own copy is not wanted.
    /// </summary>
    public static bool FrameworkHas(AssemblyName wanted) => IsOfFramework(wanted.Name!) && Find(wanted.Name!)?.GetName().Version >= wanted.Version;

    public static bool IsOfFramework(string simpleName) => File.Exists(Path.Combine(FrameworkFolder, simpleName + ".dll"));

    private static HashSet<string> Closure(Assembly root)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { root.GetName().Name! };
        var open = new Stack<Assembly>([root]);
        while (open.TryPop(out var assembly))
        {
            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                // What the framework references in turn is its own affair.
                if (names.Add(reference.Name!) && !IsOfFramework(reference.Name!))
                    open.Push(AssemblyLoadContext.Default.LoadFromAssemblyName(reference));
            }
        }

        return names;
    }

    /// <summary>
    /// Gives the host's copy whatever version is asked for: the contract gate and the loader's own check of versions come first, and say what is wrong.
    /// (The default context would refuse a higher version, and the loader would then look for a private copy.)
    /// </summary>
    private sealed class SharedContext() : AssemblyLoadContext("shared with plug-ins")
    {
        protected override Assembly? Load(AssemblyName assemblyName) => Find(assemblyName.Name!);
    }
}
