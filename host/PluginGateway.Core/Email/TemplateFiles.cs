using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Templates;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Email;

/// <summary>
/// Loads the template files. A changed file is used once it has stopped changing, and only if it is valid. Until then, or after an invalid edit, the last
/// valid version stays in use, or the built-in template if there is none.
/// </summary>
internal sealed class TemplateFiles(TemplateRenderer renderer, IOptions<EmailOptions> options, ILogger<TemplateFiles> log)
{
    private const string Default = "the default template";
    private const string Truncated = "the template seems to be truncated: it ends in the middle of the previous version, or </html> is missing";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConcurrentDictionary<string, KnownFile> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile FrozenDictionary<string, CompiledTemplate> _builtIn = FrozenDictionary<string, CompiledTemplate>.Empty;

    /// <summary>The invalid files.</summary>
    public IReadOnlyList<InvalidTemplate> Problems =>
    [
        .. from known in _known
           where known.Value.Problems.Count > 0
           orderby known.Key
           select new InvalidTemplate(known.Key, "", known.Value.Problems),
    ];

    /// <summary>Returns the last valid version of a file; null if there is none.</summary>
    public CompiledTemplate? Find(string? folder, string part) => _known.GetValueOrDefault(MailTemplates.NameOf(folder, part))?.Template;

    /// <summary>Returns a built-in part, which always exists.</summary>
    public CompiledTemplate BuiltIn(string part) => _builtIn[part];

    /// <summary>Whether a folder contains a file for a part.</summary>
    public bool Has(string folder, string part) => File.Exists(PathOf(folder, part));

    /// <summary>Returns the names of the template folders.</summary>
    public IReadOnlyList<string> Folders() => Directory.Exists(options.Value.FullTemplatesPath)
        ? [.. Directory.GetDirectories(options.Value.FullTemplatesPath).Select(f => Path.GetFileName(f)).Where(f => !f.StartsWith('.'))
            .Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Returns the text in use for a part: from the folder, else from the default file, else the built-in text.</summary>
    public async Task<string> ReadAsync(string? folder, string part, CancellationToken ct)
    {
        await RefreshAsync(ct);
        return (folder is null ? null : _known.GetValueOrDefault(MailTemplates.NameOf(folder, part))?.Text) ?? _known.GetValueOrDefault(part)?.Text
            ?? BuiltInText(part);
    }

    /// <summary>Checks all files and reads those that have changed.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        await _refreshing.WaitAsync(ct);
        try
        {
            if (_builtIn.Count == 0)
                _builtIn = await BuiltInsAsync(ct);

            var found = new HashSet<string>(StringComparer.Ordinal);
            foreach (var folder in Folders().Prepend(null))
            {
                foreach (var part in MailTemplates.Parts)
                    if (await RefreshAsync(MailTemplates.NameOf(folder, part), PathOf(folder, part), ct))
                        found.Add(MailTemplates.NameOf(folder, part));
                found.UnionWith(FindEarlier(folder));
            }

            // A missing default file is replaced by the built-in part; a missing part of a folder is replaced by the default.
            foreach (var gone in _known.Keys.Where(name => !found.Contains(name)))
                _known.TryRemove(gone, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.TemplatesCannotBeRead(options.Value.FullTemplatesPath, e.Message);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Finds template files of earlier versions, which have other names and would otherwise be ignored without a message.</summary>
    private List<string> FindEarlier(string? folder)
    {
        var (path, names) = (PathOf(folder, ""), new List<string>());
        if (!Directory.Exists(path))
            return names;

        foreach (var file in Directory.EnumerateFiles(path, "*" + StoredTemplate.EarlierExtension).Where(f => !Path.GetFileName(f).StartsWith('.')))
        {
            var name = MailTemplates.NameOf(folder, Path.GetFileName(file));
            names.Add(name);
            if (_known.TryAdd(name, new KnownFile(null, null, null, null, [StoredTemplate.IsEarlier])))
                log.TemplateFileIsNotUsed(file, StoredTemplate.IsEarlier, Default);
        }

        return names;
    }

    /// <returns>Whether the file exists.</returns>
    private async Task<bool> RefreshAsync(string name, string path, CancellationToken ct)
    {
        var known = _known.GetValueOrDefault(name);
        if (FileStamp.Of(path) is not { } stamp)
            return false;
        if (known is not null && known.Stamp == stamp)
            return true;

        // A changed file may still be being written. A new file is used immediately if it is valid, and so is one that a link now leads to.
        var isStable = known is null || known.Seen == stamp || known.Seen?.RealPath != stamp.RealPath;
        if (!isStable)
        {
            _known[name] = known! with { Seen = stamp };
            return true;
        }

        var (text, problem) = await ReadFileAsync(path, known?.Text, ct);
        var (template, problems) = problem is null ? await CompileAsync(name, text, ct) : (null, [problem]);
        _known[name] = template is not null
            ? new KnownFile(stamp, stamp, template, text, [])
            : new KnownFile(known is null ? null : stamp, stamp, known?.Template, known?.Text, problems);
        if (problems.Count > 0)
        {
            if (known is not { Problems: [var before, ..] } || before != problems[0])
                log.TemplateFileIsNotUsed(path, problems[0], known?.Template is null ? Default : "the last valid version");
        }
        else if (known is { Problems.Count: > 0 })
            log.TemplateFileIsUsedAgain(path);
        return true;
    }

    /// <summary>Compiles a template. If this takes too long, only this template is invalid, and other e-mails are not affected.</summary>
    private async Task<(CompiledTemplate? Template, IReadOnlyList<TemplateProblem> Problems)> CompileAsync(string name, string text, CancellationToken ct)
    {
        try
        {
            return await renderer.CompileAsync(text, MailTemplates.IsHtml(name), ReportMailModel.Vocabulary, ct);
        }
        catch (TemplateException e)
        {
            return (null, [e.Problem]);
        }
    }

    private static async Task<(string Text, TemplateProblem? Problem)> ReadFileAsync(string path, string? lastValid, CancellationToken ct)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(path, ct);
            if (bytes.Length > 4 * TemplateLimits.SourceLength)
                return ("", new TemplateProblem(1, 1, $"the template is longer than {TemplateLimits.SourceLength} characters"));
            if (InvalidAt(bytes) is { } line)
                return ("", new TemplateProblem(line, 1, "the template is not valid UTF-8"));

            var text = Strict.GetString(bytes.AsSpan(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0));
            return (text, IsTruncated(text, lastValid) ? new TemplateProblem(text.Count(c => c == '\n') + 1, 1, Truncated) : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ("", new TemplateProblem(1, 1, $"the template cannot be read: {e.Message}"));
        }
    }

    /// <summary>Whether a file is an incomplete copy: nobody intentionally shortens a template to the middle of a line.</summary>
    private static bool IsTruncated(string text, string? lastValid) =>
        (lastValid?.Length > text.Length && !string.IsNullOrWhiteSpace(text) && !text.EndsWith('\n') && lastValid.StartsWith(text, StringComparison.Ordinal))
        || (text.Contains("<html", StringComparison.OrdinalIgnoreCase) && !text.Contains("</html>", StringComparison.OrdinalIgnoreCase));

    /// <summary>Returns the line of the first invalid UTF-8 byte; null if there is none.</summary>
    private static int? InvalidAt(byte[] bytes)
    {
        var rest = bytes.AsSpan();
        while (rest.Length > 0)
        {
            if (Rune.DecodeFromUtf8(rest, out _, out var length) != System.Buffers.OperationStatus.Done)
                return bytes.AsSpan(0, bytes.Length - rest.Length).Count((byte)'\n') + 1;
            rest = rest[length..];
        }

        return null;
    }

    private async Task<FrozenDictionary<string, CompiledTemplate>> BuiltInsAsync(CancellationToken ct)
    {
        var compiled = new Dictionary<string, CompiledTemplate>(StringComparer.Ordinal);
        foreach (var part in MailTemplates.Parts)
            compiled[part] = (await renderer.CompileAsync(BuiltInText(part), MailTemplates.IsHtml(part), ReportMailModel.Vocabulary, ct)).Template!;
        return compiled.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static string BuiltInText(string part)
    {
        using var stream = typeof(TemplateFiles).Assembly.GetManifestResourceStream($"email-templates/{part}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private string PathOf(string? folder, string part) => Path.Combine(options.Value.FullTemplatesPath, folder ?? "", part);

    /// <summary>The state of a template file.</summary>
    /// <param name="Stamp">The stamp of the version that was read; null if no version has been valid yet.</param>
    /// <param name="Seen">The stamp at the last check.</param>
    /// <param name="Template">The last valid version.</param>
    /// <param name="Text">The text of the last valid version.</param>
    /// <param name="Problems">The problems of the current version.</param>
    private sealed record KnownFile(FileStamp? Stamp, FileStamp? Seen, CompiledTemplate? Template, string? Text, IReadOnlyList<TemplateProblem> Problems);
}
