using System.Reflection;
using System.Runtime.CompilerServices;
using PluginGateway.Admin;
using PluginGateway.Contracts;
using PluginGateway.Core;
using PluginGateway.PluginHosting;

namespace PluginGateway.Host.Tests;

public sealed class ArchitectureTests
{
    private const int LongestFile = 400;

    private static readonly Assembly[] Host = [typeof(CoreServices).Assembly, typeof(AdminServices).Assembly, typeof(Gateway).Assembly];

    [Fact]
    public void The_host_has_no_public_types() =>
        Assert.Empty(Host.SelectMany(a => a.GetExportedTypes()).Where(t => t.Name != "Program" && !t.IsDefined(typeof(CompilerGeneratedAttribute))));

    [Fact]
    public void Plugin_hosting_knows_no_web_no_sql_and_no_host() => Assert.DoesNotContain(
        typeof(PluginCatalog).Assembly.GetReferencedAssemblies(),
        r => r.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal) || r.Name is "Dapper" or "Microsoft.Data.Sqlite" or "PluginGateway.Core" or "PluginGateway.Admin" or "PluginGateway.Host");

    [Fact]
    public void The_host_references_no_adapter_as_code() =>
        Assert.DoesNotContain(Host.SelectMany(a => a.GetReferencedAssemblies()), r => Directory.Exists(Path.Combine(Root(), "plugins", r.Name!)));

    [Fact]
    public void Classes_are_sealed_or_static_unless_they_are_hierarchies() => Assert.Empty(
        Host.SelectMany(a => a.GetTypes()).Concat(typeof(PluginCatalog).Assembly.GetTypes()).Concat(typeof(IAdapterPlugin).Assembly.GetTypes())
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && !t.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            .Where(t => !t.Name.Contains('<') && t.Name != "Program" && t.Namespace?.StartsWith("PluginGateway", StringComparison.Ordinal) == true)
            .Select(t => t.FullName));

    [Fact]
    public void No_source_file_is_longer_than_the_cap() => Assert.Empty(
        Directory.EnumerateFiles(Root(), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/.artifacts/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .Select(f => (File: Path.GetRelativePath(Root(), f), Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > LongestFile));

    [Fact]
    public void Program_is_a_table_of_contents() =>
        Assert.InRange(File.ReadLines(Path.Combine(Root(), "host", "PluginGateway.Host", "Program.cs")).Count(), 1, 60);

    private static string Root([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
