using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Email;
using PluginGateway.Core.Templates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Email;

/// <summary>
/// Tests the template files: after an invalid edit the last valid version stays in use, and the problem is reported with its position.
/// </summary>
public sealed class TemplateFilesTests : IDisposable
{
    private const string Valid = "Dear desk,\n\n{{ description }}\n\nSee report {{ id }}.\n";

    private readonly TempFolder _folder = new();
    private readonly CollectingLogger<TemplateFiles> _log = new();
    private readonly TemplateRenderer _renderer = new();
    private readonly TemplateFiles _files;
    private int _minutes;

    public TemplateFilesTests() => _files = new TemplateFiles(_renderer, Options.Create(new EmailOptions { TemplatesPath = _folder.At("templates") }), _log);

    /// <summary>
    /// The contents of a file after an edit, and the reported problem. The first is the empty file of a copy that was interrupted
    /// immediately.
    /// </summary>
    public static TheoryData<string, byte[], string> InvalidEdits => new()
    {
        { "emptied", [], "line 1, column 1: the template is empty or renders to nothing" },
        { "cut off in a tag", Encoding.UTF8.GetBytes(Valid[..18]),
            "line 3, column 1: the template seems to be truncated: it ends in the middle of the previous version, or </html> is missing" },
        { "cut off in the text", Encoding.UTF8.GetBytes(Valid[..^12]),
            "line 5, column 1: the template seems to be truncated: it ends in the middle of the previous version, or </html> is missing" },
        { "another text, cut off in a tag", "Hello\n{{ desc"u8.ToArray(), "line 2, column 1: {{ has no closing }}" },
        { "not UTF-8", [.. "Dear desk,\n\nGr"u8, 0xFC, .. "\n"u8], "line 3, column 1: the template is not valid UTF-8" },
        { "UTF-16", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Valid)).ToArray(), "line 1, column 1: the template is not valid UTF-8" },
        { "misspelt name", "Dear desk,\n{{ descriptoin }}\n"u8.ToArray(), "line 2, column 4: unknown name descriptoin; did you mean description?" },
        { "earlier syntax", "Dear desk,\n{{#if address}}{{{address}}}{{/if}}\n"u8.ToArray(),
            "line 2, column 1: the syntax of earlier versions is no longer supported; use {{ if name }} … {{ end }} and {{ name }}" },
    };

    [Theory]
    [MemberData(nameof(InvalidEdits))]
    public async Task Invalid_edit_is_reported_and_the_last_valid_version_stays_in_use(string edit, byte[] content, string problem)
    {
        Write("report.sbn-txt", Encoding.UTF8.GetBytes(Valid));
        await _files.RefreshAsync(default);
        Assert.Contains("Dear desk,", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);

        Write("report.sbn-txt", content);
        await SettleAsync();

        Assert.Contains("See report PG0000000000001.", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);
        Assert.Equal($"template report.sbn-txt: {problem}", Assert.Single(_files.Problems).ToString());
        Assert.Equal(
            [$"Error: Template {_folder.At("templates", "report.sbn-txt")} is invalid: {problem}. E-mails are rendered from the last valid version."],
            _log.Lines);
        Assert.NotEmpty(edit);

        Write("report.sbn-txt", "Fixed {{ id }}\n"u8);
        await SettleAsync();

        Assert.StartsWith("Fixed PG", await RenderAsync(null, "report.sbn-txt"), StringComparison.Ordinal);
        Assert.Empty(_files.Problems);
        Assert.EndsWith("is valid again and in use.", _log.Lines.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Html_without_its_end_tag_is_rejected_without_an_earlier_version()
    {
        Write("own/report.sbn-html", "<html><body>{{ description }}\n"u8);
        Write("report.sbn-html", "<html><body>{{ description }} for all</body></html>\n"u8);
        await SettleAsync();

        Assert.Null(_files.Find("own", "report.sbn-html"));
        Assert.Contains("for all", await RenderAsync(null, "report.sbn-html"), StringComparison.Ordinal);
        Assert.Contains("the template seems to be truncated", Assert.Single(_files.Problems).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_is_used_only_after_it_stops_changing()
    {
        Write("report.sbn-txt", Encoding.UTF8.GetBytes(Valid));
        await _files.RefreshAsync(default);

        // Valid at this moment, but still being written.
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
    public async Task Built_in_template_is_used_without_a_file()
    {
        await _files.RefreshAsync(default);

        Assert.All(MailTemplates.Parts, part => Assert.Null(_files.Find(null, part)));
        Assert.Contains(
            "A report for Sample Council.",
            await _renderer.RenderAsync(_files.BuiltIn("report.sbn-txt"), ReportMailModel.For(ReportMailSamples.Full), default), StringComparison.Ordinal);
        Assert.Empty(_files.Problems);
    }

    [Fact]
    public async Task Files_with_names_of_earlier_versions_are_reported_and_ignored()
    {
        Write("barnet/report.text.hbs", "Dear {{council}}"u8);
        await SettleAsync();

        Assert.Null(_files.Find("barnet", "report.sbn-txt"));
        Assert.StartsWith("template barnet/report.text.hbs: ", Assert.Single(_files.Problems).ToString(), StringComparison.Ordinal);
        Assert.EndsWith("E-mails are rendered from the default template.", Assert.Single(_log.Lines), StringComparison.Ordinal);

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
        // The time differs from the previous one whatever the resolution of the file system.
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
