using System.Resources;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PluginGateway.Contracts;

namespace PluginGateway.Testing;

/// <summary>Compiles small plug-in assemblies: real files with real metadata.</summary>
internal static class PluginForge
{
    private static readonly string[] Trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    private static readonly MetadataReference[] Framework =
    [
        .. Trusted.Where(p => p.StartsWith(Path.GetDirectoryName(typeof(object).Assembly.Location)!, StringComparison.Ordinal))
        .Select(p => MetadataReference.CreateFromFile(p)),
        MetadataReference.CreateFromFile(typeof(IAdapterPlugin).Assembly.Location),
        MetadataReference.CreateFromFile(Trusted.First(p => p.EndsWith("Microsoft.Extensions.Logging.Abstractions.dll", StringComparison.Ordinal))),
    ];

    /// <summary>Returns the source of a plug-in whose planner returns a word. Tests tell versions apart by it.</summary>
    public static string WithWord(string adapter, string word, string more = "", string interfaces = "IRequestPlanner", string members = "") => Plugin(
        adapter,
        $$"""
        public const string Word = "{{word}}";
        public RequestPlan Plan(ServiceRequest request)
        {
            {{more}}
            return new RequestPlan { Facts = new Dictionary<string, string> { ["word"] = Word } };
        }
        {{members}}
        """,
        interfaces);

    /// <summary>Returns the source of a minimal plug-in whose adapter has the given body.</summary>
    public static string Plugin(string adapter, string body = "", string interfaces = "ICouncilAdapter", string? contract = null) => $$"""
        using System;
        using System.Collections.Generic;
        using System.Linq;
        using System.Threading;
        using System.Threading.Tasks;
        using PluginGateway.Contracts;
        [assembly: CouncilAdapter("{{adapter}}"{{(contract is null ? "" : $", \"{contract}\"")}})]
        [assembly: System.Reflection.AssemblyInformationalVersion("1.2.3+build.7")]
        public sealed class Plugin : IAdapterPlugin
        {
            public AdapterDescriptor Describe() => new AdapterDescriptor { Title = "Test" };
            public ICouncilAdapter Create(AdapterContext context) => new Adapter(context);
        }
        public sealed class Adapter : {{interfaces}}
        {
            private readonly AdapterContext _context;
            public Adapter(AdapterContext context) => _context = context;
            {{body}}
        }
        """;

    /// <summary>Compiles the contracts from their sources with another version, optionally with additional members.</summary>
    public static string Contracts(string path, string assemblyVersion, params (string File, string After, string Member)[] more)
    {
        var sources = Directory.GetFiles(Built.ContractSources, "*.cs")
            .Select(f => (Name: Path.GetFileName(f), Text: File.ReadAllText(f).ReplaceLineEndings("\n"))).ToList();
        foreach (var (file, after, member) in more)
        {
            var at = sources.FindIndex(s => s.Name == file);
            sources[at] = (file, sources[at].Text.Replace(after, after + member, StringComparison.Ordinal));
        }

        const string Usings =
            "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using "
                + "System.Net.Http; global using System.Threading; global using System.Threading.Tasks;";
        return Emit(path, [.. sources.Select(s => s.Text),
            $"{Usings}\n[assembly: System.Reflection.AssemblyVersion(\"{assemblyVersion}\")]"], Framework.Where(r => !IsContracts(r)));
    }

    /// <summary>Compiles a source against another contracts assembly.</summary>
    public static string CompileAgainst(string contracts, string path, string source) =>
        Emit(path, [source], Framework.Where(r => !IsContracts(r)).Append(MetadataReference.CreateFromFile(contracts)));

    /// <summary>Compiles a source into an assembly.</summary>
    /// <param name="path">The path of the DLL; missing folders are created.</param>
    /// <param name="source">The C# source.</param>
    /// <param name="references">Additional assemblies to reference.</param>
    public static string Compile(string path, string source, params string[] references) =>
        Emit(path, [source], Framework.Concat(references.Select(r => MetadataReference.CreateFromFile(r))));

    /// <summary>Compiles a source with string resources, as a .resx file would add them.</summary>
    public static string CompileWithTexts(string path, string source, string resource, params (string Name, string Text)[] texts)
    {
        using var content = new MemoryStream();
        using (var writer = new ResourceWriter(content))
        {
            foreach (var (name, text) in texts)
                writer.AddResource(name, text);
            writer.Generate();
            return Emit(path, [source], Framework, new ResourceDescription(resource, () => new MemoryStream(content.ToArray()), isPublic: true));
        }
    }

    private static bool IsContracts(MetadataReference reference) => Path.GetFileName(reference.Display) == "PluginGateway.Contracts.dll";

    private static string Emit(string path, IEnumerable<string> sources, IEnumerable<MetadataReference> references, params ResourceDescription[] resources)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            sources.Select(s => CSharpSyntaxTree.ParseText(s)),
            references,
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Annotations));
        var result = compilation.Emit(path, manifestResources: resources);
        return result.Success ? path : throw new InvalidOperationException(string.Join(Environment.NewLine, result.Diagnostics));
    }
}
