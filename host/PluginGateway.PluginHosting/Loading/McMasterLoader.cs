using System.Reflection;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins.Loader;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Inspection;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// Loads a plug-in with McMaster.NETCore.Plugins into its own collectible context, with everything it references, and creates its plug-in class.
/// Watching, staging and swapping are not left to that library: this gateway does them. It is used through the builder that its PluginLoader uses too:
/// PluginLoader also reads the runtime configurations of plug-in and gateway for folders to load from, which lie outside the copy that was hashed, and cost
/// a start 50 ms.
/// </summary>
internal sealed class McMasterLoader : IPluginLoader
{
    public StageOutcome<LoadedPlugin> Load(PluginManifest manifest, string folder)
    {
        AssemblyLoadContext? context = null;
        StageOutcome<LoadedPlugin> outcome;
        try
        {
            // The runtime follows links when it resolves libraries, so that their places could not be compared otherwise.
            folder = WithoutLinks(folder);
            var entryPath = Path.Combine(folder, manifest.EntryFile);
            context = NewContext(entryPath, folder);
            outcome = Load(context, context.LoadFromAssemblyPath(entryPath), folder);
        }
#pragma warning disable CA1031 // The plug-in pipeline's stage runner: whatever a plug-in throws becomes a reason, as text, so that nothing pins it.
        catch (Exception e)
        {
            outcome = Refused(Describe(e), RefusalKind.Quarantine);
        }
#pragma warning restore CA1031

        if (outcome.Value is null)
            context?.Unload();
        return outcome;
    }

    private static AssemblyLoadContext NewContext(string entryPath, string folder)
    {
        var builder = new AssemblyLoadContextBuilder()
            .SetMainAssemblyPath(entryPath)
            .SetDefaultContext(SharedAssemblies.Context)
            .EnableUnloading()
            // Otherwise the library would load every framework assembly that the contracts can reach. It still notes the names of what they reference.
            .IsLazyLoaded(true);
        foreach (var name in SharedAssemblies.Names.Where(name => !SharedAssemblies.IsOfFramework(name)))
            builder.PreferDefaultLoadContextAssembly(new AssemblyName(name));

        // A copy of a framework assembly is used only when it is newer than the framework's.
        foreach (var path in Directory.EnumerateFiles(folder, "*.dll", SearchOption.AllDirectories))
        {
            if (!SharedAssemblies.IsOfFramework(Path.GetFileNameWithoutExtension(path)) || NameOf(path) is not { } copy)
                continue;

            if (SharedAssemblies.FrameworkHas(copy))
                builder.PreferDefaultLoadContextAssembly(copy);
            else
                builder.PreferLoadContextAssembly(copy);
        }

        return builder.Build();
    }

    /// <summary>The name of an assembly; null for a native library.</summary>
    private static AssemblyName? NameOf(string path)
    {
        try
        {
            return AssemblyName.GetAssemblyName(path);
        }
        catch (BadImageFormatException)
        {
            return null;
        }
    }

    /// <summary>The same folder by its real path.</summary>
    private static string WithoutLinks(string folder)
    {
        var full = Path.GetFullPath(folder);
        var path = Path.GetPathRoot(full)!;
        foreach (var name in full[path.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            path = Path.Combine(path, name);
            if (new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target)
                path = WithoutLinks(target.FullName);
        }

        return path;
    }

    private static StageOutcome<LoadedPlugin> Load(AssemblyLoadContext context, Assembly entry, string folder)
    {
        if (LoadReferences(context, entry) is { Count: > 0 } missing)
            return Refused($"it needs {string.Join("; ", missing)}", RefusalKind.Incomplete);

        if (FindForeign(context, folder) is { } foreign)
            return Refused(foreign);

        var types = entry.GetExportedTypes().Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IAdapterPlugin).IsAssignableFrom(t)).ToList();
        if (types is not [var type])
            return Refused(types.Count == 0
                ? $"no public class in {Path.GetFileName(entry.Location)} implements IAdapterPlugin"
                : $"more than one class implements IAdapterPlugin: {string.Join(", ", types.Select(t => t.FullName))}");

        if (type.GetConstructor(Type.EmptyTypes) is null)
            return Refused($"{type.FullName} has no public constructor without parameters");

        var plugin = (IAdapterPlugin)Activator.CreateInstance(type)!;
        if (plugin.Describe() is not { } descriptor)
            return Refused($"{type.FullName}.Describe() gave null");

        // Its constructor may have loaded more.
        return FindForeign(context, folder) is { } later
            ? Refused(later)
            // A list of the plug-in's own type would keep it in memory.
            : StageOutcome<LoadedPlugin>.Passed(new LoadedPlugin(plugin, descriptor with { IdentityAttributes = [.. descriptor.IdentityAttributes] }, context));
    }

    /// <summary>
    /// What is loaded from outside the staged folder: the hash, and with it the list of trusted content, covers that folder and nothing else.
    /// </summary>
    private static string? FindForeign(AssemblyLoadContext context, string folder) =>
        context.Assemblies.FirstOrDefault(a => !IsIn(a.Location, folder)) is { } foreign
            ? $"{foreign.GetName().Name} is loaded from {foreign.Location}, which is outside its folder"
            : null;

    /// <summary>
    /// Loads the whole closure now. A dependency that is loaded lazily could be missing in the middle of a call, or be asked for after its
    /// context began to unload. What the plug-in lacks and this gateway happens to have would come from the gateway's own libraries: that counts as missing.
    /// </summary>
    private static List<string> LoadReferences(AssemblyLoadContext context, Assembly entry)
    {
        var missing = new List<string>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var open = new Stack<Assembly>([entry]);
        while (open.TryPop(out var assembly))
        {
            foreach (var reference in assembly.GetReferencedAssemblies())
            {
                if (!seen.Add(reference.Name!) || SharedAssemblies.FrameworkHas(reference))
                    continue;

                if (SharedAssemblies.Contains(reference.Name!))
                {
                    // Whether the contracts fit is told by their own version, and by the link check.
                    if (SharedAssemblies.Find(reference.Name!)?.GetName().Version is var here && here < reference.Version
                        && !SharedAssemblies.IsContracts(reference.Name!))
                        missing.Add($"{reference.Name} {reference.Version}, and this gateway has {here}");
                    continue;
                }

                if (FindOwn(context, reference) is { } own)
                    open.Push(own);
                else
                    missing.Add($"{reference.Name} {reference.Version}, which is not in its folder");
            }
        }

        return missing;
    }

    /// <summary>The plug-in's own copy of a library; null when it has none.</summary>
    private static Assembly? FindOwn(AssemblyLoadContext context, AssemblyName reference)
    {
        try
        {
            var found = context.LoadFromAssemblyName(reference);
            return AssemblyLoadContext.GetLoadContext(found) == context ? found : null;
        }
        catch (Exception e) when (e is FileNotFoundException or FileLoadException)
        {
            return null;
        }
    }

    private static bool IsIn(string path, string folder) =>
        Path.GetFullPath(path).StartsWith(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    private static string Describe(Exception e) => e switch
    {
        TargetInvocationException { InnerException: { } inner } => $"its constructor threw {Innermost(inner)}",
        ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => first.Message,
        _ => Innermost(e),
    };

    /// <summary>A static constructor's exception says only that it threw.</summary>
    private static string Innermost(Exception e) =>
        e is TypeInitializationException { InnerException: { } inner } ? Innermost(inner) : $"{e.GetType().Name}: {e.Message}";

    private static StageOutcome<LoadedPlugin> Refused(string reason, RefusalKind kind = RefusalKind.Final) => StageOutcome<LoadedPlugin>.Refused(reason, kind);
}
