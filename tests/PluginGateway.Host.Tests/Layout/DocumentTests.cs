using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using PluginGateway.Admin;
using PluginGateway.Core;
using PluginGateway.Host.Commands;
using PluginGateway.PluginHosting;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Layout;

/// <summary>Compares the documents with the program: links, settings, commands and packages that they name must exist.</summary>
public sealed partial class DocumentTests
{
    /// <summary>Settings that are read from the configuration directly.</summary>
    private static readonly string[] OtherSettings =
        ["ConnectionStrings:Gateway", "Startup:BackgroundDelay", "Plugins:Trusted:0", "Samples:Keys"];

    /// <summary>Packages that build and run tests or supply a newer version of a dependency; the table in the README is about choices.</summary>
    private static readonly string[] Plumbing =
    [
        "Microsoft.NET.Test.Sdk", "xunit.runner.visualstudio", "xunit.v3.assert", "xunit.v3.extensibility.core", "FSharp.Core", "Microsoft.CodeAnalysis.Analyzers",
        "SQLitePCLRaw.bundle_e_sqlite3", "SQLitePCLRaw.core",
    ];

    public static TheoryData<string> Documents =>
    [
        .. SourceTree.Files(".md", "contracts", "host", "plugins", "plugin-templates", "tests", ".github").Append("README.md").Append("CHANGELOG.md"),
    ];

    [Fact]
    public void Readme_has_at_most_150_lines() => Assert.InRange(SourceTree.Lines("README.md").Count(), 50, 150);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_in_documents_lead_to_files_and_headings(string document)
    {
        foreach (Match link in Link().Matches(SourceTree.Text(document)))
        {
            var (target, heading) = link.Groups["target"].Value.Split('#') is [var file, .. var rest] ? (file, rest.FirstOrDefault()) : ("", null);
            if (target.Contains("://", StringComparison.Ordinal))
                continue;

            var path = target.Length == 0
                ? Path.Combine(SourceTree.Root, document)
                : Path.GetFullPath(target, Path.GetDirectoryName(Path.Combine(SourceTree.Root, document))!);
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{document} links to {target}, which does not exist.");
            if (heading is not null)
                Assert.Contains(heading, Headings(path));
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Settings_in_documents_exist(string document)
    {
        // The changelog also names settings of earlier versions.
        var known = Settings().Concat(OtherSettings).ToHashSet(StringComparer.Ordinal);
        foreach (Match setting in Setting().Matches(document == "CHANGELOG.md" ? "" : SourceTree.Text(document)))
            Assert.Contains(setting.Groups["name"].Value.Replace("__", ":", StringComparison.Ordinal), known);
    }

    [Fact]
    public async Task Commands_in_the_table_have_the_options_that_it_lists()
    {
        await using var host = new CommandHost([]);
        var root = GatewayCommands.Create(host);
        var documented = new HashSet<string>(StringComparer.Ordinal);
        foreach (Match code in SourceTree.Lines("host/README.md").SkipWhile(l => l != "## Commands").SelectMany(l => Code().Matches(l)))
        {
            var words = code.Groups["text"].Value.Replace("\\|", "|", StringComparison.Ordinal).Split([' ', '[', ']', '|'], StringSplitOptions.RemoveEmptyEntries);
            var command = root.Subcommands.FirstOrDefault(c => c.Name == words[0]);
            if (command is null)
                continue;

            command = words.Length > 1 ? command.Subcommands.FirstOrDefault(c => c.Name == words[1]) ?? command : command;
            Assert.True(command.Subcommands.Count == 0, $"{code.Value} names no command.");
            documented.Add($"{words[0]} {command.Name}");
            Assert.All(
                words.Where(w => w.StartsWith("--", StringComparison.Ordinal)),
                option => Assert.True(command.Options.Any(o => o.Name == option), $"{code.Value}: {command.Name} has no option {option}."));
        }

        Assert.Equal(
            root.Subcommands.SelectMany(c => c.Subcommands.Count == 0 ? [$"{c.Name} {c.Name}"] : c.Subcommands.Where(s => !s.Hidden).Select(s => $"{c.Name} {s.Name}")).Order(),
            documented.Order());
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public async Task Command_lines_in_documents_are_valid(string document)
    {
        await using var host = new CommandHost([]);
        var root = GatewayCommands.Create(host);
        // A command line can continue on the next line.
        var text = SourceTree.Text(document).Replace("\\\n", " ", StringComparison.Ordinal);
        foreach (Match line in HostCommand().Matches(text))
        {
            var words = line.Groups["arguments"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var parsed = root.Parse([.. CommandLine.Split(words).Command]);
            Assert.True(words.Length > 0 && parsed.Errors.All(e => e.Message.StartsWith("Required command", StringComparison.Ordinal)), line.Value);
        }
    }

    [Fact]
    public void Test_classes_in_the_readme_of_the_tests_exist()
    {
        var classes = SourceTree.Files("Tests.cs", "tests").Select(f => Path.GetFileNameWithoutExtension(f)).ToHashSet(StringComparer.Ordinal);
        var named = TestClass().Matches(SourceTree.Text("tests/README.md")).Select(m => m.Groups["name"].Value).ToList();

        Assert.InRange(named.Count, 20, 100);
        Assert.All(named, name => Assert.Contains(name, classes));
    }

    [Fact]
    public void Packages_are_in_the_table_with_their_versions()
    {
        var table = SourceTree.Lines("README.md").SkipWhile(l => l != "## Packages").ToList();
        var packages = XDocument.Parse(SourceTree.Text("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(p => (Name: (string)p.Attribute("Include")!, Version: (string)p.Attribute("Version")!)).ToList();

        Assert.All(
            packages.Where(p => !Plumbing.Contains(p.Name)),
            package => Assert.Contains(
                table,
                row => row.Contains(package.Name.Split('.')[^1], StringComparison.Ordinal) && row.Contains(package.Version, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Settings()
    {
        foreach (var type in new[] { typeof(PluginCatalog), typeof(CoreServices), typeof(AdminServices), typeof(Gateway) }.SelectMany(t => t.Assembly.GetTypes()))
            if (type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.GetRawConstantValue() is string section)
                foreach (var name in Names(type))
                    yield return $"{section}:{name}";

        static IEnumerable<string> Names(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite)
            .SelectMany(p => p.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal)
                ? Names(p.PropertyType).Select(n => $"{p.Name}:{n}").Append(p.Name)
                : [p.Name]);
    }

    /// <summary>The anchors of a document's headings, as GitHub makes them.</summary>
    private static IEnumerable<string> Headings(string path) => File.ReadLines(path).Where(l => l.StartsWith('#'))
        .Select(l => NotInAnchors().Replace(l.TrimStart('#', ' ').ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Link();

    [GeneratedRegex(
        @"(?<![\w:.-])(?<name>(State|Plugins|Councils|Email|Storage|Alerts|Open311|Updates|Admin|Retention|Sending|Startup|Samples|ConnectionStrings)(:|__)[A-Z]\w*((:|__)\w+)*)",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Setting();

    [GeneratedRegex("`(?<text>[a-z-]+[^`]*)`", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<!\.)`(?<name>\w+Tests)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex TestClass();

    [GeneratedRegex("dotnet run --project host/PluginGateway.Host -- (?<arguments>[^\n`]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HostCommand();

    [GeneratedRegex(@"[^\p{L}\p{N} -]", RegexOptions.NonBacktracking)]
    private static partial Regex NotInAnchors();
}
