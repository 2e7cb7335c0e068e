using System.Collections.Frozen;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>
/// Provides the templates in use: the version that an operator edited if it is valid, else the file. Invalid templates are skipped and listed in
/// <see cref="Problems"/>; e-mails are still sent.
/// </summary>
internal sealed class MailTemplates(TemplateFiles files, TemplateStore store, TemplateRenderer renderer, TimeProvider time, ILogger<MailTemplates> log)
{
    public const string Subject = "report-subject.sbn-txt", Text = "report.sbn-txt", Html = "report.sbn-html";

    private static readonly TimeSpan RecheckEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile Loaded _loaded = new(FrozenDictionary<string, CompiledTemplate>.Empty, [], -1, DateTimeOffset.MinValue);

    /// <summary>The parts of a report's e-mail.</summary>
    public static IReadOnlyList<string> Parts { get; } = [Subject, Text, Html];

    /// <summary>The invalid templates, both edited ones and files.</summary>
    public IReadOnlyList<InvalidTemplate> Problems => [.. _loaded.Problems, .. files.Problems];

    /// <summary>Returns the name of a template: its folder, if any, followed by its part.</summary>
    public static string NameOf(string? folder, string part) => string.IsNullOrEmpty(folder) ? part : $"{folder}/{part}";

    public static bool IsHtml(string name) => name.EndsWith("html", StringComparison.Ordinal);

    /// <summary>Loads templates that were changed in files or by operators, at most once per second. Call it before rendering.</summary>
    public async ValueTask RefreshAsync(CancellationToken ct)
    {
        if (IsCurrent())
            return;

        await _refreshing.WaitAsync(ct);
        try
        {
            if (IsCurrent())
                return;

            await files.RefreshAsync(ct);
            var (now, version) = (time.GetUtcNow(), await store.VersionAsync(ct));
            _loaded = version == _loaded.Version ? _loaded with { At = now } : await LoadAsync(version, now, ct);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Requires the next refresh to read the templates, because one was changed on this host.</summary>
    public void Invalidate() => _loaded = _loaded with { At = DateTimeOffset.MinValue };

    /// <summary>Renders a part of an e-mail.</summary>
    /// <param name="folder">The folder whose parts replace the default ones; null for none.</param>
    /// <param name="part">The part.</param>
    /// <param name="values">The values.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="TemplateException">Rendering failed.</exception>
    public Task<string> RenderAsync(string? folder, string part, IReadOnlyDictionary<string, object?> values, CancellationToken ct) =>
        renderer.RenderAsync(Find(folder, part), values, ct);

    private CompiledTemplate Find(string? folder, string part)
    {
        var edited = _loaded.Edited;
        return (folder is null ? null : edited.GetValueOrDefault(NameOf(folder, part)) ?? files.Find(folder, part))
            ?? edited.GetValueOrDefault(part) ?? files.Find(null, part) ?? files.BuiltIn(part);
    }

    private bool IsCurrent() => time.GetUtcNow() is var now && now - _loaded.At < RecheckEvery && now >= _loaded.At;

    private async Task<Loaded> LoadAsync(long version, DateTimeOffset now, CancellationToken ct)
    {
        var (edited, problems) = (new Dictionary<string, CompiledTemplate>(StringComparer.Ordinal), new List<InvalidTemplate>());
        var all = await store.ListAsync(ct);
        // A template of an earlier version is reported until its replacement has been saved.
        var replaced = all.Where(t => t.Content is not null).Select(t => StoredTemplate.EarlierNameOf(t.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var stored in all.Where(t => t.Content is not null && !replaced.Contains(t.Name)))
        {
            var (template, errors) = stored.IsFromEarlierVersion ? (null, [StoredTemplate.IsEarlier]) : await CompileAsync(stored, ct);
            if (template is not null)
            {
                edited[stored.Name] = template;
                continue;
            }

            problems.Add(new InvalidTemplate(stored.Name, stored.ByWhom, errors));
            log.EditedTemplateIsNotUsed(stored.Name, stored.ByWhom, errors[0]);
        }

        return new Loaded(edited.ToFrozenDictionary(StringComparer.Ordinal), problems, version, now);
    }

    private async Task<(CompiledTemplate? Template, IReadOnlyList<TemplateProblem> Problems)> CompileAsync(StoredTemplate stored, CancellationToken ct)
    {
        try
        {
            return await renderer.CompileAsync(StoredTemplate.Text(stored.Content)!, IsHtml(stored.Name), ReportMailModel.Vocabulary, ct);
        }
        catch (TemplateException e)
        {
            return (null, [e.Problem]);
        }
    }

    private sealed record Loaded(FrozenDictionary<string, CompiledTemplate> Edited, IReadOnlyList<InvalidTemplate> Problems, long Version, DateTimeOffset At);
}

/// <summary>An invalid template.</summary>
/// <param name="Name">The name of the template.</param>
/// <param name="ByWhom">The operator who edited it; empty for a file.</param>
/// <param name="Problems">The problems that make it invalid.</param>
internal sealed record InvalidTemplate(string Name, string ByWhom, IReadOnlyList<TemplateProblem> Problems)
{
    public override string ToString() => $"template {Name}{(ByWhom.Length > 0 ? $" by {ByWhom}" : "")}: {Problems[0]}";
}
