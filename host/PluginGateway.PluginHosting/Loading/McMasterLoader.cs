using System.Reflection;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins.Loader;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Discovery;
using PluginGateway.PluginHosting.Inspection;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>
/// Loads a plug-in and all its references with McMaster.NETCore.Plugins into a separate collectible context and creates an instance of its plug-in
/// class. The gateway does the watching, staging and swapping. This class uses AssemblyLoadContextBuilder instead of the library's PluginLoader:
/// PluginLoader also loads from folders that the runtime configurations of plug-in and gateway name, which are not covered by the hash and take
/// 50 ms at startup.
/// </summary>
internal sealed class McMasterLoader : IPluginLoader
{
    public StageOutcome<LoadedPlugin> Load(PluginManifest manifest, string folder)
    {
        AssemblyLoadContext? context = null;
        StageOutcome<LoadedPlugin> outcome;
        try
        {
            // The runtime resolves links when it locates libraries. Otherwise, their paths could not be compared with the folder.
            folder = RealPath.Of(folder);
            var entryPath = Path.Combine(folder, manifest.EntryFile);
            context = NewContext(entryPath, folder);
            outcome = Load(context, context.LoadFromAssemblyPath(entryPath), folder);
        }
#pragma warning disable CA1031 // A plug-in can throw anything. The reason keeps only text, because an exception object would keep the plug-in in memory.
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
            // Otherwise, the library would load every framework assembly that the contracts reference. Their names are still recorded.
            .IsLazyLoaded(true);
        foreach (var name in SharedAssemblies.Names.Where(name => !SharedAssemblies.IsOfFramework(name)))
            builder.PreferDefaultLoadContextAssembly(new AssemblyName(name));

        // A plug-in's copy of a framework assembly is used only if it is newer than the framework's copy.
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

    /// <summary>Returns the name of an assembly; null for a native library.</summary>
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

    private static StageOutcome<LoadedPlugin> Load(AssemblyLoadContext context, Assembly entry, string folder)
    {
        if (LoadReferences(context, entry) is { Count: > 0 } missing)
            return Refused($"it needs {string.Join("; ", missing)}", RefusalKind.Incomplete);

        if (FindForeign(context, folder) is { } foreign)
            return Refused(foreign);

        var types = entry.GetExportedTypes().Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IAdapterPlugin).IsAssignableFrom(t)).ToList();
        if (types is not [var type])
            return Refused(types.Count == 0
                ? $"no public class in {Path.GetFileName(entry.Location)} implements IAdapterPlugin; "
                    + "add one, for example a class derived from AdapterPlugin<TSettings>"
                : $"more than one public class implements IAdapterPlugin: {string.Join(", ", types.Select(t => t.FullName))}; make all but one internal");

        if (type.GetConstructor(Type.EmptyTypes) is null)
            return Refused($"{type.FullName} has no public parameterless constructor; add one");

        var plugin = (IAdapterPlugin)Activator.CreateInstance(type)!;
        if (plugin.Describe() is not { } descriptor)
            return Refused($"{type.FullName}.Describe() returned null; return a descriptor");

        // The constructor may have loaded more assemblies.
        return FindForeign(context, folder) is { } later
            ? Refused(later)
            // Copied, because a list whose type the plug-in defines would keep the plug-in in memory.
            : StageOutcome<LoadedPlugin>.Passed(new LoadedPlugin(plugin, descriptor with { IdentityAttributes = [.. descriptor.IdentityAttributes] }, context));
    }

    /// <summary>
    /// Returns why an assembly was loaded from outside the staged folder, or null. The hash, and therefore the list of trusted plug-ins, covers only
    /// that folder.
    /// </summary>
    private static string? FindForeign(AssemblyLoadContext context, string folder) =>
        context.Assemblies.FirstOrDefault(a => !IsIn(a.Location, folder)) is { } foreign
            ? $"it loads {foreign.GetName().Name} from {foreign.Location}, which is outside its folder; copy the library into the folder"
            : null;

    /// <summary>
    /// Loads all direct and indirect references and returns those that are missing. A dependency that is loaded lazily could turn out to be missing
    /// during a call, or be requested after its context began to unload. A library that only the gateway has counts as missing, because a plug-in must
    /// not bind to the gateway's libraries.
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
                    // The contract version and the link check decide whether the contracts are compatible.
                    if (SharedAssemblies.Find(reference.Name!)?.GetName().Version is var available && available < reference.Version
                        && !SharedAssemblies.IsContracts(reference.Name!))
                        missing.Add($"{reference.Name} {reference.Version}, but this gateway has {available} (reference that version)");
                    continue;
                }

                if (FindOwn(context, reference) is { } own)
                    open.Push(own);
                else
                    missing.Add($"{reference.Name} {reference.Version}, which is not in its folder (add it)");
            }
        }

        return missing;
    }

    /// <summary>Returns the plug-in's copy of a library; null if it has none.</summary>
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
        ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => $"its types cannot be loaded: {first.Message}",
        _ => $"loading it failed: {Innermost(e)}",
    };

    /// <summary>Describes the inner exception of a <see cref="TypeInitializationException"/>, whose own message does not name the cause.</summary>
    private static string Innermost(Exception e) =>
        e is TypeInitializationException { InnerException: { } inner } ? Innermost(inner) : $"{e.GetType().Name}: {e.Message}";

    private static StageOutcome<LoadedPlugin> Refused(string reason, RefusalKind kind = RefusalKind.Final) => StageOutcome<LoadedPlugin>.Refused(reason, kind);
}
