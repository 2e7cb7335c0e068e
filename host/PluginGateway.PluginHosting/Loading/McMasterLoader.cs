using System.Reflection;
using System.Runtime.Loader;
using PluginGateway.Contracts;
using PluginGateway.PluginHosting.Inspection;

namespace PluginGateway.PluginHosting.Loading;

/// <summary>Loads a plug-in into a collectible context of its own, with everything it references, and creates its plug-in class.</summary>
internal sealed class CollectibleLoader : IPluginLoader
{
    public StageOutcome<LoadedPlugin> Load(PluginManifest manifest, string folder)
    {
        var entryPath = Path.Combine(folder, manifest.EntryFile);
        PluginLoadContext? context = null;
        StageOutcome<LoadedPlugin> outcome;
        try
        {
            context = new PluginLoadContext($"{manifest.AdapterName}@{manifest.Version}", entryPath);
            outcome = Load(context, entryPath);
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

    private static StageOutcome<LoadedPlugin> Load(PluginLoadContext context, string entryPath)
    {
        var entry = context.LoadFromAssemblyPath(entryPath);
        if (LoadReferences(context, entry) is { Count: > 0 } missing)
            return Refused($"it needs {string.Join("; ", missing)}", RefusalKind.Incomplete);

        var types = entry.GetExportedTypes().Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IAdapterPlugin).IsAssignableFrom(t)).ToList();
        if (types is not [var type])
            return Refused(types.Count == 0
                ? $"no public class in {Path.GetFileName(entryPath)} implements IAdapterPlugin"
                : $"more than one class implements IAdapterPlugin: {string.Join(", ", types.Select(t => t.FullName))}");

        if (type.GetConstructor(Type.EmptyTypes) is null)
            return Refused($"{type.FullName} has no public constructor without parameters");

        var plugin = (IAdapterPlugin)Activator.CreateInstance(type)!;
        return plugin.Describe() is { } descriptor
            // A list of the plug-in's own type would keep it in memory.
            ? StageOutcome<LoadedPlugin>.Passed(new LoadedPlugin(plugin, descriptor with { Identity = [.. descriptor.Identity] }, context))
            : Refused($"{type.FullName}.Describe() gave null");
    }

    /// <summary>
    /// Loads the whole closure now. A dependency that is loaded lazily could be missing in the middle of a call, or be asked for after its
    /// context began to unload.
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
                    if (SharedAssemblies.Find(reference.Name!)?.GetName().Version is var here && here < reference.Version && !SharedAssemblies.IsContracts(reference.Name!))
                        missing.Add($"{reference.Name} {reference.Version}, and this gateway has {here}");
                    continue;
                }

                try
                {
                    open.Push(context.LoadFromAssemblyName(reference));
                }
                catch (FileNotFoundException)
                {
                    missing.Add($"{reference.Name} {reference.Version}, which is not in its folder");
                }
            }
        }

        return missing;
    }

    private static string Describe(Exception e) => e switch
    {
        TargetInvocationException { InnerException: { } inner } => $"its constructor threw {Deepest(inner)}",
        ReflectionTypeLoadException { LoaderExceptions: [{ } first, ..] } => first.Message,
        _ => Deepest(e),
    };

    /// <summary>A static constructor's exception says only that it threw.</summary>
    private static string Deepest(Exception e) => e is TypeInitializationException { InnerException: { } inner } ? Deepest(inner) : $"{e.GetType().Name}: {e.Message}";

    private static StageOutcome<LoadedPlugin> Refused(string reason, RefusalKind kind = RefusalKind.Final) => StageOutcome<LoadedPlugin>.Refused(reason, kind);
}
