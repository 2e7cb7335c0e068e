using System.Text.RegularExpressions;
using PluginGateway.Testing;

namespace PluginGateway.Host.Tests.Layout;

/// <summary>Finds phrases that have a plainer equivalent in messages, comments, pages, documents and names.</summary>
public sealed class LanguageTests
{
    /// <summary>A phrase and what to write instead.</summary>
    private static readonly (string Phrase, string Instead)[] Phrases =
    [
        ("anew", "again"), ("by way of", "through"), ("so many", "a number, or a limited rate"), ("is to be", "must be"), ("are to be", "must be"),
        ("for good", "permanently"), ("by itself", "automatically"), ("tried again", "retried"), ("goes on", "continues"), ("what is there", "what exists"),
        ("what came", "what was received"), ("put off", "snooze or postpone"), ("clear away", "delete"), ("cleared away", "deleted"),
        ("look at", "check or read"), ("looked at", "checked or read"), ("look for", "search"), ("looked for", "searched"), ("untold", "not yet notified"),
    ];

    private static readonly string[] Endings = [".cs", ".cshtml", ".md", ".js", ".json", ".sbn-html", ".sbn-txt"];

    [Fact]
    public void Texts_use_plain_phrases()
    {
        // In names of tests, words are separated by underscores.
        var phrase = new Regex(
            $@"(?<![A-Za-z])({string.Join('|', Phrases.Select(p => p.Phrase.Replace(" ", "[ _]", StringComparison.Ordinal)))})(?![A-Za-z])",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        var found =
            from file in Endings.SelectMany(e => SourceTree.Files(e, "contracts", "host", "plugins", "plugin-templates", "tests")).Append("README.md")
            where !file.EndsWith($"{nameof(LanguageTests)}.cs", StringComparison.Ordinal)
            from line in SourceTree.Lines(file).Index()
            let match = phrase.Match(line.Item)
            where match.Success
            select $"{file}:{line.Index + 1}: \"{match.Value}\" (better: {Instead(match.Value)})";

        Assert.Empty(found);
    }

    private static string Instead(string found) =>
        Phrases.First(p => p.Phrase.Equals(found.Replace('_', ' '), StringComparison.OrdinalIgnoreCase)).Instead;
}
