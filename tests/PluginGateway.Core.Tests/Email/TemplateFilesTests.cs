using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Email;
using PluginGateway.Core.Templates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Email;

/// <summary>Templates in files: a bad edit leaves the last good version in use, and is named with its place.</summary>
public sealed class TemplateFilesTests : IDisposable
{
    private const string Good = "Dear desk,\n\n{{ description }}\n\nSee report {{ id }}.\n";

    private readonly TempFolder _folder = new();
    private readonly CollectingLogger<TemplateFiles> _log = new();
    private readonly TemplateRenderer _renderer = new();
    private readonly TemplateFiles _files;
    private int _minutes;

    public TemplateFilesTests() => _files = new TemplateFiles(_renderer, Options.Create(new EmailOptions { TemplatesPath = _folder.At("templates") }), _log);

    /// <summary>What a file becomes, and the problem that is named; the first is the empty file of a copy that was cut off at once.</summary>
    public static TheoryData<string, byte[], string> BadEdits => new()
    {
        { "emptied", [], "line 1, column 1: it is empty, or renders to nothing" },
        { "cut off in a tag", Encoding.UTF8.GetBytes(Good[..18]),
            "line 3, column 1: it seems to be cut off: it is the beginning of the version before, and ends in the middle of a line" },
        { "cut off in the text", Encoding.UTF8.GetBytes(Good[..^12]),
            "line 5, column 1: it seems to be cut off: it is the beginning of the version before, and ends in the middle of a line" },
        { "another text, cut off in a tag", "Hello\n{{ desc"u8.ToArray(), "line 2, column 1: {{ has no }} that ends it" },
        { "not UTF-8", [.. "Dear desk,\n\nGr"u8, 0xFC, .. "\n"u8], "line 3, column 1: it is not UTF-8" },
        { "UTF-16", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Good)).ToArray(), "line 1, column 1: it is not UTF-8" },
        { "misspelt name", "Dear desk,\n{{ descriptoin }}\n"u8.ToArray(), "line 2, column 4: there is no value descriptoin; did you mean description?" },
        { "earlier syntax", "Dear desk,\n{{#if address}}{{{address}}}{{/if}}\n"u8.ToArray(),
            "line 2, column 1: this is the syntax of earlier versions, which is no longer supported; write {{ if name }} … {{ end }} and {{ name }}" },
    };

    [Theory]
    [MemberData(nameof(BadEdits))]
    public async Task A_bad_edit_leaves_the_last_good_version_in_use_and_is_named_until_it_is_mended(string edit, byte[] content, string problem)
    {
        Write("report.sbn-txt", Encoding.UTF8.GetBytes(Good));
        await _files.RefreshAsync(default);
        Assert.Contains("Dear desk,", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);

        Write("report.sbn-txt", content);
        await SettleAsync();

        Assert.Contains("See report PG0000000000001.", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);
        Assert.Equal($"template report.sbn-txt: {problem}", Assert.Single(_files.Problems).ToString());
        Assert.Equal(
            [$"Error: The template {_folder.At("templates", "report.sbn-txt")} cannot be used: {problem}. Mails are made from the last good version."],
            _log.Lines);
        Assert.NotEmpty(edit);

        Write("report.sbn-txt", "Mended {{ id }}\n"u8);
        await SettleAsync();

        Assert.StartsWith("Mended PG", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);
        Assert.Empty(_files.Problems);
        Assert.EndsWith("is in use again.", _log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Html_that_does_not_come_to_its_end_is_cut_off_even_when_nothing_was_known_before()
    {
        Write("own/report.sbn-html", "<html><body>{{ description }}\n"u8);
        Write("report.sbn-html", "<html><body>{{ description }} for all</body></html>\n"u8);
        await SettleAsync();

        Assert.Null(_files.Find("own", "report.sbn-html"));
        Assert.Contains("for all", await RenderAsync(null, "report.sbn-html"), StringComparison.Ordinal);
        Assert.Contains("it seems to be cut off", Assert.Single(_files.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_taken_only_when_it_has_stayed_as_it_is()
    {
        Write("report.sbn-txt", Encoding.UTF8.GetBytes(Good));
        await _files.RefreshAsync(default);

        // Whole by chance at this moment, and written on.
        Write("report.sbn-txt", "Half {{ id }}\n"u8);
        await _files.RefreshAsync(default);
        Assert.Contains("Dear desk,", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);
        Write("report.sbn-txt", "Half {{ id }}\nand the other half\n"u8);
        await _files.RefreshAsync(default);
        Assert.Contains("Dear desk,", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);

        await _files.RefreshAsync(default);

        Assert.Contains("and the other half", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_file_the_gateways_own_is_used()
    {
        await _files.RefreshAsync(default);

        Assert.All(MailTemplates.Parts, part => Assert.Null(_files.Find(null, part)));
        Assert.Contains(
            "A report for Sample Council.",
            await _renderer.RenderAsync(_files.BuiltIn("report.sbn-txt"), ReportMailModel.For(ReportMailSamples.Full), default), StringComparison.Ordinal);
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public async Task Files_under_the_names_of_earlier_versions_are_named_and_not_used()
    {
        Write("barnet/report.text.hbs", "Dear {{council}}"u8);
        await SettleAsync();

        Assert.Null(_files.Find("barnet", "report.sbn-txt"));
        Assert.StartsWith("template barnet/report.text.hbs: ", Assert.Single(_files.Problems).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("Mails are made from the default.", Assert.Single(_log.Lines), StringComparison.Ordinal);

        Directory.Delete(_folder.At("templates", "barnet"), recursive: true);
        await _files.RefreshAsync(default);
        Assert.Empty(_files.Problems);
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, ReadOnlySpan<byte> content)
    {
        var path = _folder.At(["templates", .. name.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var file = File.Create(path))
            file.Write(content);
        // Apart from the one before, however coarse the file system's times are.
        File.SetLastWriteTimeUtc(path, Some.Time.UtcDateTime.AddMinutes(_minutes++));
    }

    private async Task SettleAsync()
    {
        await _files.RefreshAsync(default);
        await _files.RefreshAsync(default);
    }

    private Task<string> RenderAsync(string? folder, string part) =>
        _renderer.RenderAsync(_files.Find(folder, part)!, ReportMailModel.For(ReportMailSamples.Full), default);
}
