using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>
/// The templates in their folder. A file is taken once it has stayed as it is for a while, and only when it can be used: until then, and after a bad edit,
/// the last good one stays in use, and without one the gateway's own.
/// </summary>
internal sealed class TemplateFiles(TemplateRenderer renderer, IOptions<EmailOptions> options, ILogger<TemplateFiles> log)
{
    private const string Default = "the default";
    private const string CutOff = "it seems to be cut off: it is the beginning of the version before, and ends in the middle of a line";

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConcurrentDictionary<string, KnownFile> _known = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1);
    private volatile FrozenDictionary<string, CompiledTemplate> _builtIn = FrozenDictionary<string, CompiledTemplate>.Empty;

    /// <summary>Files that cannot be used as they are now.</summary>
    public IReadOnlyList<InvalidTemplate> Problems =>
    [
        .. from known in _known
           where known.Value.Problems.Count > 0
           orderby known.Key
           select new InvalidTemplate(known.Key, "", known.Value.Problems),
    ];

    /// <summary>The last good version of a file; null when there is none.</summary>
    public CompiledTemplate? Find(string? folder, string part) => _known.GetValueOrDefault(MailTemplates.NameOf(folder, part))?.Template;

    /// <summary>The gateway's own part, which is always there.</summary>
    public CompiledTemplate BuiltIn(string part) => _builtIn[part];

    /// <summary>Whether a folder has a part of its own.</summary>
    public bool Has(string folder, string part) => File.Exists(PathOf(folder, part));

    /// <summary>The folders that have templates of their own.</summary>
    public IReadOnlyList<string> Folders() => Directory.Exists(options.Value.FullTemplatesPath)
        ? [.. Directory.GetDirectories(options.Value.FullTemplatesPath).Select(f => Path.GetFileName(f)).Where(f => !f.StartsWith('.'))
            .Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The text of a part as it is used: a folder's, else the default's, else the gateway's own.</summary>
    public async Task<string> ReadAsync(string? folder, string part, CancellationToken ct)
    {
        await RefreshAsync(ct);
        return (folder is null ? null : _known.GetValueOrDefault(MailTemplates.NameOf(folder, part))?.Text) ?? _known.GetValueOrDefault(part)?.Text
            ?? BuiltInText(part);
    }

    /// <summary>Looks at every file, and reads those that changed.</summary>
    public async Task RefreshAsync(CancellationToken ct)
    {
        await _one.WaitAsync(ct);
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

            // A default file that is gone leaves the gateway's own in use; a folder without a part uses the default.
            foreach (var gone in _known.Keys.Where(name => !found.Contains(name)))
                _known.TryRemove(gone, out _);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.TemplatesCannotBeRead(options.Value.FullTemplatesPath, e.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Files of earlier versions have other names, and would otherwise be passed over in silence.</summary>
    private List<string> FindEarlier(string? folder)
    {
        var (path, names) = (PathOf(folder, ""), new List<string>());
        if (!Directory.Exists(path))
            return names;

        foreach (var file in Directory.EnumerateFiles(path, "*" + StoredTemplate.EarlierExtension))
        {
            var name = MailTemplates.NameOf(folder, Path.GetFileName(file));
            names.Add(name);
            if (_known.TryAdd(name, new KnownFile(null, null, null, null, [StoredTemplate.IsEarlier])))
                log.TemplateFileIsNotUsed(file, StoredTemplate.IsEarlier, Default);
        }

        return names;
    }

    /// <returns>Whether there is such a file.</returns>
    private async Task<bool> RefreshAsync(string name, string path, CancellationToken ct)
    {
        var known = _known.GetValueOrDefault(name);
        if (FileStamp.Of(path) is not { } stamp)
            return false;
        if (known is not null && known.Stamp == stamp)
            return true;

        // It may be in the middle of being written. The first look at it takes it all the same, when it can be used.
        var isStill = known is null || known.Seen == stamp;
        if (!isStill)
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
                log.TemplateFileIsNotUsed(path, problems[0], known?.Template is null ? Default : "the last good version");
        }
        else if (known is { Problems.Count: > 0 })
            log.TemplateFileIsUsedAgain(path);
        return true;
    }

    /// <summary>A template that cannot be checked in its time is a problem of its own, and not one of all mails.</summary>
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

    private static async Task<(string Text, TemplateProblem? Problem)> ReadFileAsync(string path, string? lastGood, CancellationToken ct)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(path, ct);
            if (bytes.Length > 4 * TemplateLimits.SourceLength)
                return ("", new TemplateProblem(1, 1, $"it is longer than {TemplateLimits.SourceLength} characters"));
            if (InvalidAt(bytes) is { } line)
                return ("", new TemplateProblem(line, 1, "it is not UTF-8"));

            var text = Strict.GetString(bytes.AsSpan(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0));
            return (text, IsCutOff(text, lastGood) ? new TemplateProblem(text.Count(c => c == '\n') + 1, 1, CutOff) : null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ("", new TemplateProblem(1, 1, $"it cannot be read: {e.Message}"));
        }
    }

    /// <summary>A copy that did not come to its end. Nobody shortens a template to the middle of a line.</summary>
    private static bool IsCutOff(string text, string? lastGood) =>
        (lastGood?.Length > text.Length && !string.IsNullOrWhiteSpace(text) && !text.EndsWith('\n') && lastGood.StartsWith(text, StringComparison.Ordinal))
        || (text.Contains("<html", StringComparison.OrdinalIgnoreCase) && !text.Contains("</html>", StringComparison.OrdinalIgnoreCase));

    /// <summary>The line of the first byte that is no UTF-8; null when there is none.</summary>
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

    /// <summary>What is known of a file.</summary>
    /// <param name="Stamp">The state that was read; null when nothing of it could be used yet.</param>
    /// <param name="Seen">The state at the last look.</param>
    /// <param name="Template">The last good version.</param>
    /// <param name="Text">Its text.</param>
    /// <param name="Problems">What is wrong with the file now.</param>
    private sealed record KnownFile(FileStamp? Stamp, FileStamp? Seen, CompiledTemplate? Template, string? Text, IReadOnlyList<TemplateProblem> Problems);

    private sealed record FileStamp(long Ticks, long Length)
    {
        public static FileStamp? Of(string path) =>
            new FileInfo(path) is { Exists: true } file ? new FileStamp(file.LastWriteTimeUtc.Ticks, file.Length) : null;
    }
}
