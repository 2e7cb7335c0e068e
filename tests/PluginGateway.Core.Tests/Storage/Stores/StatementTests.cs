using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using PluginGateway.Admin;
using PluginGateway.Host;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>Tests that <see cref="StoreTests"/> run every SQL statement in the source of the host.</summary>
public sealed partial class StatementTests
{
    private static readonly Dictionary<string, string> Constants =
    (
        from assembly in new[] { typeof(CoreServices).Assembly, typeof(AdminServices).Assembly, typeof(Gateway).Assembly }
        from type in assembly.GetTypes()
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public)
        where field is { IsLiteral: true } && field.FieldType == typeof(string)
        select (Name: $"{type.Name}.{field.Name}", Text: (string)field.GetRawConstantValue()!)
    ).DistinctBy(c => c.Name).ToDictionary(c => c.Name, c => c.Text, StringComparer.Ordinal);

    [Fact]
    public async Task Store_tests_run_every_statement_and_all_are_portable()
    {
        await using var server = new SqlServerDouble();
        foreach (var test in typeof(StoreTests).GetMethods(BindingFlags.Instance | BindingFlags.Public).Where(m => m.IsDefined(typeof(FactAttribute))))
        {
            await using var tests = new Run(server);
            await tests.InitializeAsync();
            if (test.Invoke(tests, null) is Task running)
                await running;
        }

        Assert.Empty(server.Log.Violations);
        // Statements with very long lists run with short ones too.
        var run = server.Log.Statements.Keys.Where(s => s.Length < 20_000).Select(Plain).ToList();
        var statements = SourceTree.Files(".cs", "host")
            .Where(f => !f.Contains("/Storage/Sqlite/", StringComparison.Ordinal))
            .SelectMany(f => Statements(f).Select(s => (File: Path.GetFileName(f), Pattern: s))).ToList();
        Assert.True(statements.Count > 200, "Too few statements were found in the source.");
        Assert.Empty(
            statements.Where(s => !run.Exists(r => Regex.IsMatch(r, s.Pattern, RegexOptions.None, TimeSpan.FromSeconds(5))))
                .Select(s => $"{s.File}: {s.Pattern}"));
    }

    /// <summary>Returns the statements of a file as patterns. Interpolated values match any text.</summary>
    private static IEnumerable<string> Statements(string file)
    {
        foreach (var node in CSharpSyntaxTree.ParseText(SourceTree.Text(file)).GetRoot().DescendantNodes())
        {
            var parts = node switch
            {
                LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression } literal => [literal.Token.ValueText],
                InterpolatedStringExpressionSyntax text => text.Contents.Select(Text).ToList(),
                _ => new List<string?>(),
            };
            if (IsStatement().IsMatch(string.Concat(parts.Select(p => p ?? "…"))))
                yield return string.Concat(parts.Select(p => p is null ? @"[\s\S]*" : Lists().Replace(Regex.Escape(Plain(p)), @"IN\ \([^)]*\)")));
        }
    }

    /// <summary>
    /// Returns the text of a part of an interpolated string: literal text or the constant of another class; null for values known only at
    /// run time.
    /// </summary>
    private static string? Text(InterpolatedStringContentSyntax part) => part switch
    {
        InterpolatedStringTextSyntax text => text.TextToken.ValueText,
        InterpolationSyntax { Expression: MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax type, Name: var name } } =>
            Constants.GetValueOrDefault($"{type.Identifier.Text}.{name.Identifier.Text}"),
        _ => null,
    };

    private static string Plain(string sql) => Blanks().Replace(sql, " ");

    [GeneratedRegex(
        @"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s[\s\S]*\b(FROM|VALUES|SET|SELECT)\b|^…[\s\S]*\b(WHERE|ORDER BY|FROM) [a-z]",
        RegexOptions.CultureInvariant, 5_000)]
    private static partial Regex IsStatement();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant, 5_000)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"IN\\ @\w+", RegexOptions.CultureInvariant, 5_000)]
    private static partial Regex Lists();

    /// <summary>Runs the store tests on one double.</summary>
    private sealed class Run(SqlServerDouble server) : StoreTests
    {
        protected override IEnumerable<string> Settings() =>
            TestStore.SettingsFor(TestStore.Create(server.ConnectionString));
    }
}
