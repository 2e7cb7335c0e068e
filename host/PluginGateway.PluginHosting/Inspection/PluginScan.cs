using System.Reflection;
using System.Reflection.Metadata;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>
/// Scans an assembly's metadata for APIs that are known to keep an unloaded plug-in in memory, can end the process, or can load libraries other than
/// the plug-in's own. It sees which APIs are referenced, not how they are used: a finding is a hint, and the absence of findings proves nothing.
/// </summary>
internal static class PluginScan
{
    private const string TypedJson = "use a source-generated JsonSerializerContext";
    private const string DisposeIt = "dispose it when AdapterContext.Unloading fires";

    private static readonly Rule[] Rules =
    [
        Pins("System.ComponentModel.TypeDescriptor", "", "TypeDescriptor caches every type permanently; do not use it"),
        Pins("System.ComponentModel.DataAnnotations.Validator", "", "Validator uses TypeDescriptor, which caches every type permanently; validate in code"),
        Pins("System.Xml.Serialization.XmlSerializer", "", "XmlSerializer caches types with lists permanently; use LINQ to XML or XmlReader"),
        Pins(
            "System.Runtime.Serialization.DataContractSerializer", "",
            "DataContractSerializer caches types with lists permanently; use LINQ to XML or XmlReader"),
        Pins(
            "System.Runtime.Serialization.Json.DataContractJsonSerializer", "",
            "DataContractJsonSerializer caches types with lists permanently; " + TypedJson),
        Pins("System.Threading.Timer", ".ctor", "a Timer runs until it is disposed; " + DisposeIt),
        Pins("System.Timers.Timer", ".ctor", "a Timer runs until it is disposed; " + DisposeIt),
        Pins("System.AppDomain", "add_", "an AppDomain event keeps its handlers permanently; do not subscribe to it"),
        Pins(
            "System.Threading.Tasks.TaskScheduler", "add_",
            "TaskScheduler.UnobservedTaskException keeps its handlers permanently; do not subscribe to it"),
        Pins("System.Runtime.InteropServices.GCHandle", "Alloc", "a GCHandle keeps the plug-in in memory until it is freed; free it"),
        Pins(
            "System.Diagnostics.Metrics.Meter", "CreateObservable",
            "an observable instrument keeps the plug-in in memory until its Meter is disposed; " + DisposeIt),
        Pins(
            "System.Diagnostics.ActivityListener", ".ctor",
            "an ActivityListener keeps the plug-in in memory until it is disposed; " + DisposeIt),
        Pins(
            "System.Diagnostics.DiagnosticListener", "get_AllListeners",
            "a subscription to DiagnosticListener.AllListeners keeps the plug-in in memory until it is disposed; " + DisposeIt),
        Endangers("System.Environment", "Exit", "Environment.Exit ends the gateway process; throw an exception instead"),
        Endangers("System.Environment", "FailFast", "Environment.FailFast ends the gateway process; throw an exception instead"),
        Endangers("System.Threading.Thread", ".ctor", "an unhandled exception on a new thread ends the gateway process; use tasks"),
        Endangers("System.Threading.ThreadPool", "Set", "the thread pool is shared by the whole gateway; do not change its limits"),
        Endangers("System.Threading.ThreadPool", "UnsafeQueue", "an unhandled exception in a work item ends the gateway process; use tasks"),
        Endangers("System.Threading.ThreadPool", "QueueUserWorkItem", "an unhandled exception in a work item ends the gateway process; use tasks"),
        Reaches("System.Reflection.Assembly", "Load"),
        Reaches("System.AppDomain", "Load"),
        Reaches("System.Runtime.Loader.AssemblyLoadContext", "LoadFromAssemblyName"),
    ];

    private static readonly string[] Databases = ["Microsoft.Data.Sqlite", "Microsoft.Data.SqlClient"];

    /// <param name="reader">The assembly's metadata.</param>
    /// <param name="file">The file name that the findings start with.</param>
    public static IEnumerable<PluginFinding> Run(MetadataReader reader, string file) =>
        References(reader).Concat(Members(reader)).Concat(Methods(reader)).Distinct().Select(f => f with { Text = $"{file}: {f.Text}" });

    private static IEnumerable<PluginFinding> References(MetadataReader reader)
    {
        foreach (var name in reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name)))
        {
            if (name == "Microsoft.CSharp")
                yield return new PluginFinding(FindingKind.Pins, "\"dynamic\" caches every type it is used with; use static types");
            if (Databases.Contains(name, StringComparer.Ordinal))
                yield return new PluginFinding(
                    FindingKind.Pins, $"{name} starts timers that never stop; keep state in AdapterContext.State");
        }
    }

    private static IEnumerable<PluginFinding> Members(MetadataReader reader)
    {
        foreach (var member in reader.MemberReferences.Select(reader.GetMemberReference))
        {
            if (member.Parent.Kind != HandleKind.TypeReference || member.GetKind() != MemberReferenceKind.Method)
                continue;

            var type = TypeNames.Of(reader, (TypeReferenceHandle)member.Parent);
            var name = reader.GetString(member.Name);
            foreach (var rule in Rules)
                if (rule.Type == type && name.StartsWith(rule.Member, StringComparison.Ordinal))
                    yield return new PluginFinding(rule.Kind, rule.Text);

            if (IsJson(type, name) && Signatures.OfMethod(reader, member) is { } signature && !signature.ParameterTypes.Any(IsTyped))
                yield return new PluginFinding(
                    FindingKind.Pins, $"{type[(type.LastIndexOf('.') + 1)..]}.{name} by reflection caches the type permanently; {TypedJson}");
        }
    }

    /// <summary>A library with native code can have hundreds of functions, so they are one finding for each native library.</summary>
    private static IEnumerable<PluginFinding> Methods(MetadataReader reader)
    {
        var methods = reader.MethodDefinitions.Select(reader.GetMethodDefinition).ToList();
        var native = methods.Where(m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
        foreach (var library in native.GroupBy(m => LibraryOf(reader, m), StringComparer.Ordinal))
            yield return new PluginFinding(
                FindingKind.Endangers, $"{Names(reader, library)} of {library.Key}: native code can crash the gateway process; use managed code");
        if (methods.Where(m => IsAsyncVoid(reader, m)).ToList() is { Count: > 0 } asyncVoid)
            yield return new PluginFinding(
                FindingKind.Endangers, $"{Names(reader, asyncVoid)}: an exception in an \"async void\" method ends the gateway process; return a Task");
    }

    private static string LibraryOf(MetadataReader reader, MethodDefinition method) => method.GetImport() is { Module.IsNil: false } import
        ? reader.GetString(reader.GetModuleReference(import.Module).Name)
        : "a native library";

    private static string Names(MetadataReader reader, IEnumerable<MethodDefinition> methods)
    {
        const int max = 3;
        var names = methods.Select(m => reader.GetString(m.Name)).Distinct(StringComparer.Ordinal).ToList();
        return string.Join(", ", names.Take(max)) + (names.Count > max ? $" and others ({names.Count} methods)" : "");
    }

    private static bool IsJson(string type, string name) =>
        (type == "System.Text.Json.JsonSerializer"
            && (name.StartsWith("Serialize", StringComparison.Ordinal) || name.StartsWith("Deserialize", StringComparison.Ordinal)))
        || (type == "System.Net.Http.Json.JsonContent" && name == "Create")
        || (type.StartsWith("System.Net.Http.Json.Http", StringComparison.Ordinal) && name.EndsWith("JsonAsync", StringComparison.Ordinal));

    private static bool IsTyped(string parameter) =>
        parameter.StartsWith("System.Text.Json.Serialization.Metadata.JsonTypeInfo", StringComparison.Ordinal)
            || parameter == "System.Text.Json.Serialization.JsonSerializerContext";

    private static bool IsAsyncVoid(MetadataReader reader, MethodDefinition method) =>
        method.GetCustomAttributes()
            .Any(a => PluginInspector.AttributeType(reader, reader.GetCustomAttribute(a)) == "System.Runtime.CompilerServices.AsyncStateMachineAttribute")
        && Signatures.Of(reader, method)?.ReturnType == nameof(PrimitiveTypeCode.Void);

    private static Rule Pins(string type, string member, string text) => new(FindingKind.Pins, type, member, text);

    private static Rule Endangers(string type, string member, string text) => new(FindingKind.Endangers, type, member, text);

    private static Rule Reaches(string type, string member) =>
        new(FindingKind.Reaches, type, member, "loading an assembly by name can return the gateway's copy of a library; reference the library instead");

    /// <param name="Kind">The kind of finding.</param>
    /// <param name="Type">The full name of the type.</param>
    /// <param name="Member">The prefix of the member's name.</param>
    /// <param name="Text">The message to the author.</param>
    private sealed record Rule(FindingKind Kind, string Type, string Member, string Text);
}
