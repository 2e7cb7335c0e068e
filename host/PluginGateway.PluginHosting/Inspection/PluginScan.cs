using System.Reflection;
using System.Reflection.Metadata;

namespace PluginGateway.PluginHosting.Inspection;

/// <summary>
/// Looks through an assembly's metadata for what was seen to keep an unloaded plug-in in memory, can end the process, or reaches past the plug-in's own
/// libraries. It sees what is named, not what is done: a finding is a reason to look, and no finding is no proof.
/// </summary>
internal static class PluginScan
{
    private const string TypedJson = "use a source-generated JsonSerializerContext";

    private static readonly Rule[] Rules =
    [
        Pins("System.ComponentModel.TypeDescriptor", "", "TypeDescriptor remembers every type it was asked about"),
        Pins("System.ComponentModel.DataAnnotations.Validator", "", "Validator uses TypeDescriptor, which remembers every type"),
        Pins("System.Xml.Serialization.XmlSerializer", "", "XmlSerializer remembers types with lists; use XLinq or XmlReader"),
        Pins("System.Runtime.Serialization.DataContractSerializer", "", "DataContractSerializer remembers types with lists; use XLinq or XmlReader"),
        Pins("System.Runtime.Serialization.Json.DataContractJsonSerializer", "", "DataContractJsonSerializer remembers types with lists; " + TypedJson),
        Pins("System.Threading.Timer", ".ctor", "a Timer that is not disposed when AdapterContext.Unloading fires runs for ever"),
        Pins("System.Timers.Timer", ".ctor", "a Timer that is not disposed when AdapterContext.Unloading fires runs for ever"),
        Pins("System.AppDomain", "add_", "a handler of an AppDomain event is never let go"),
        Pins("System.Threading.Tasks.TaskScheduler", "add_", "a handler of TaskScheduler.UnobservedTaskException is never let go"),
        Pins("System.Runtime.InteropServices.GCHandle", "Alloc", "a GCHandle that is not freed holds the plug-in"),
        Pins("System.Diagnostics.Metrics.Meter", "CreateObservable", "an observable instrument that is not disposed holds the plug-in"),
        Pins("System.Diagnostics.ActivityListener", ".ctor", "an ActivityListener that is not disposed holds the plug-in"),
        Pins("System.Diagnostics.DiagnosticListener", "get_AllListeners", "a subscription to DiagnosticListener.AllListeners holds the plug-in"),
        Endangers("System.Environment", "Exit", "Environment.Exit ends the gateway"),
        Endangers("System.Environment", "FailFast", "Environment.FailFast ends the gateway"),
        Endangers("System.Threading.Thread", ".ctor", "what is thrown on a thread of its own ends the gateway; use tasks"),
        Endangers("System.Threading.ThreadPool", "Set", "the thread pool belongs to the whole gateway"),
        Endangers("System.Threading.ThreadPool", "UnsafeQueue", "what is thrown there ends the gateway; use tasks"),
        Endangers("System.Threading.ThreadPool", "QueueUserWorkItem", "what is thrown there ends the gateway; use tasks"),
        Reaches("System.Reflection.Assembly", "Load"),
        Reaches("System.AppDomain", "Load"),
        Reaches("System.Runtime.Loader.AssemblyLoadContext", "LoadFromAssemblyName"),
    ];

    private static readonly string[] Databases = ["Microsoft.Data.Sqlite", "Microsoft.Data.SqlClient"];

    /// <param name="reader">The assembly's metadata.</param>
    /// <param name="file">How the findings call it.</param>
    public static IEnumerable<PluginFinding> Run(MetadataReader reader, string file) =>
        References(reader).Concat(Members(reader)).Concat(Methods(reader)).Distinct().Select(f => f with { Text = $"{file}: {f.Text}" });

    private static IEnumerable<PluginFinding> References(MetadataReader reader)
    {
        foreach (var name in reader.AssemblyReferences.Select(r => reader.GetString(reader.GetAssemblyReference(r).Name)))
        {
            if (name == "Microsoft.CSharp")
                yield return new PluginFinding(FindingKind.Pins, "\"dynamic\" remembers every type it meets");
            if (Databases.Contains(name, StringComparer.Ordinal))
                yield return new PluginFinding(
                    FindingKind.Pins, $"{name} starts timers that never end; the gateway keeps what an adapter must remember (AdapterContext.State)");
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
                    FindingKind.Pins, $"{type[(type.LastIndexOf('.') + 1)..]}.{name} by reflection remembers the type for ever; {TypedJson}");
        }
    }

    private static IEnumerable<PluginFinding> Methods(MetadataReader reader)
    {
        foreach (var method in reader.MethodDefinitions.Select(reader.GetMethodDefinition))
        {
            if (method.Attributes.HasFlag(MethodAttributes.PinvokeImpl))
                yield return new PluginFinding(FindingKind.Endangers, $"{reader.GetString(method.Name)} is native code: a fault in it ends the gateway");
            else if (IsAsyncVoid(reader, method))
                yield return new PluginFinding(
                    FindingKind.Endangers, $"what is thrown in the \"async void\" method {reader.GetString(method.Name)} ends the gateway; return a Task");
        }
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
        new(FindingKind.Reaches, type, member, "loading an assembly by name can find the gateway's copy of a library; add a reference to the library instead");

    /// <param name="Kind">What it does.</param>
    /// <param name="Type">The type's full name.</param>
    /// <param name="Member">How the member's name begins.</param>
    /// <param name="Text">Said to the author.</param>
    private sealed record Rule(FindingKind Kind, string Type, string Member, string Text);
}
