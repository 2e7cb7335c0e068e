using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PluginGateway.Contracts;

namespace PluginGateway.Testing;

/// <summary>Compiles tiny plug-in assemblies on the spot: real files with real metadata.</summary>
internal static class PluginForge
{
    private static readonly string[] Trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);

    private static readonly MetadataReference[] Framework =
    [
        .. Trusted.Where(p => p.StartsWith(Path.GetDirectoryName(typeof(object).Assembly.Location)!, StringComparison.Ordinal)).Select(p => MetadataReference.CreateFromFile(p)),
        MetadataReference.CreateFromFile(typeof(IAdapterPlugin).Assembly.Location),
        MetadataReference.CreateFromFile(Trusted.First(p => p.EndsWith("Microsoft.Extensions.Logging.Abstractions.dll", StringComparison.Ordinal))),
    ];

    /// <summary>A plug-in class with nothing special to it, whose adapter has the body given.</summary>
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

    /// <summary>Compiles a source to a file.</summary>
    /// <param name="path">The DLL; folders above it are made.</param>
    /// <param name="source">The C# source.</param>
    /// <param name="references">Other assemblies it needs.</param>
    public static string Compile(string path, string source, params string[] references)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(path),
            [CSharpSyntaxTree.ParseText(source)],
            [.. Framework, .. references.Select(r => MetadataReference.CreateFromFile(r))],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release));
        var result = compilation.Emit(path);
        return result.Success ? path : throw new InvalidOperationException(string.Join(Environment.NewLine, result.Diagnostics));
    }
}
