using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PluginGateway.Admin;
using PluginGateway.Contracts;
using PluginGateway.Core;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests;

public sealed class ArchitectureTests
{
    private const int MaxFileLines = 400;
    private const int MaxLineLength = 160;
    private const int MaxComplexity = 15;
    private const int MaxConstructorParameters = 9;

    private static readonly string[] Product = ["contracts", "host", "plugins", "plugin-templates"];

    private static readonly Assembly[] Host = [typeof(CoreServices).Assembly, typeof(AdminServices).Assembly, typeof(Gateway).Assembly];

    [Fact]
    public void Host_has_no_public_types() =>
        Assert.Empty(Host.SelectMany(a => a.GetExportedTypes()).Where(t => t.Name != "Program" && !t.IsDefined(typeof(CompilerGeneratedAttribute))));

    [Fact]
    public void Plugin_hosting_does_not_reference_web_sql_or_host() => Assert.DoesNotContain(
        typeof(PluginCatalog).Assembly.GetReferencedAssemblies(),
        r => r.Name!.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            || r.Name is "Dapper" or "Microsoft.Data.Sqlite" or "PluginGateway.Core" or "PluginGateway.Admin" or "PluginGateway.Host");

    [Fact]
    public void Host_does_not_reference_adapters() =>
        Assert.DoesNotContain(Host.SelectMany(a => a.GetReferencedAssemblies()), r => Directory.Exists(Path.Combine(SourceTree.Root, "plugins", r.Name!)));

    [Fact]
    public void Classes_are_sealed_static_or_abstract() => Assert.Empty(
        Host.SelectMany(a => a.GetTypes()).Concat(typeof(PluginCatalog).Assembly.GetTypes()).Concat(typeof(IAdapterPlugin).Assembly.GetTypes())
            .Where(t => t is { IsClass: true, IsSealed: false, IsAbstract: false } && !t.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
            .Where(t => !t.Name.Contains('<') && t.Name != "Program" && t.Namespace?.StartsWith("PluginGateway", StringComparison.Ordinal) == true)
            .Select(t => t.FullName));

    [Fact]
    public void No_constructor_has_more_than_nine_parameters() => Assert.Empty(
        from assembly in Host.Append(typeof(PluginCatalog).Assembly)
        from type in assembly.GetTypes()
        where type is { IsClass: true } && type.GetMethod("<Clone>$") is null && !type.Name.Contains('<')
        from constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        where constructor.GetParameters().Length > MaxConstructorParameters
        select $"{type.FullName} has a constructor with {constructor.GetParameters().Length} parameters");

    [Fact]
    public void No_member_exceeds_the_complexity_limit() => Assert.Empty(
        from file in SourceTree.Files(".cs", Product)
        from member in CSharpSyntaxTree.ParseText(SourceTree.Text(file)).GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where member is BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax
        let complexity = 1 + member.DescendantNodes().Count(IsDecision)
        where complexity > MaxComplexity
        select $"{file}: {(member as MethodDeclarationSyntax)?.Identifier.Text ?? member.Kind().ToString()} has a complexity of {complexity}");

    [Fact]
    public void No_source_file_exceeds_the_line_limit() => Assert.Empty(
        SourceTree.Files(".cs", [.. Product, "tests"]).Select(f => (File: f, Lines: SourceTree.Lines(f).Count())).Where(f => f.Lines > MaxFileLines));

    [Fact]
    public void No_product_line_exceeds_the_length_limit() => Assert.Empty(
        from file in SourceTree.Files(".cs", Product).Concat(SourceTree.Files(".cshtml", Product))
        from line in SourceTree.Lines(file).Index()
        where line.Item.Length > MaxLineLength
        select $"{file}:{line.Index + 1} has {line.Item.Length} characters");

    [Fact]
    public void Program_does_not_exceed_the_line_limit() => Assert.InRange(SourceTree.Lines("host/PluginGateway.Host/Program.cs").Count(), 1, 60);

    /// <summary>Whether a node adds an execution path. Each arm of a switch counts, and so does its condition.</summary>
    private static bool IsDecision(SyntaxNode node) => node switch
    {
        IfStatementSyntax or WhileStatementSyntax or DoStatementSyntax or ForStatementSyntax or CommonForEachStatementSyntax => true,
        CaseSwitchLabelSyntax or CasePatternSwitchLabelSyntax or WhenClauseSyntax or CatchClauseSyntax or ConditionalExpressionSyntax => true,
        SwitchExpressionArmSyntax arm => arm.Pattern is not DiscardPatternSyntax,
        _ => node.Kind() is SyntaxKind.LogicalAndExpression or SyntaxKind.LogicalOrExpression or SyntaxKind.CoalesceExpression
            or SyntaxKind.CoalesceAssignmentExpression,
    };
}
