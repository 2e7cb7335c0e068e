using System.Collections.Frozen;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>
/// The templates in use: what an operator wrote where that can be used, else the file. What cannot be used is passed over and named in
/// <see cref="Problems"/>; reports are mailed all the same.
/// </summary>
internal sealed class MailTemplates(TemplateFiles files, TemplateStore store, TemplateRenderer renderer, TimeProvider time, ILogger<MailTemplates> log)
{
    public const string Subject = "report-subject.sbn-txt", Text = "report.sbn-txt", Html = "report.sbn-html";

    private static readonly TimeSpan RecheckEvery = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private volatile Loaded _loaded = new(FrozenDictionary<string, CompiledTemplate>.Empty, [], -1, DateTimeOffset.MinValue);

    /// <summary>The parts that a report's mail is made of.</summary>
    public static IReadOnlyList<string> Parts { get; } = [Subject, Text, Html];

    /// <summary>Templates, of operators and in files, that cannot be used as they are now.</summary>
    public IReadOnlyList<InvalidTemplate> Problems => [.. _loaded.Problems, .. files.Problems];

    /// <summary>How a template is called: its part, behind the folder that it belongs to.</summary>
    public static string NameOf(string? folder, string part) => string.IsNullOrEmpty(folder) ? part : $"{folder}/{part}";

    public static bool IsHtml(string name) => name.EndsWith("html", StringComparison.Ordinal);

    /// <summary>Reads what was changed since, in files and by operators; before rendering. At most once a second.</summary>
    public async ValueTask RefreshAsync(CancellationToken ct)
    {
        if (IsCurrent())
            return;

        await _one.WaitAsync(ct);
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
            _one.Release();
        }
    }

    /// <summary>What is known is old: a template was just changed here.</summary>
    public void Invalidate() => _loaded = _loaded with { At = DateTimeOffset.MinValue };

    /// <summary>Renders a part of a mail.</summary>
    /// <param name="folder">The folder that takes the place of the default one, for the parts it has.</param>
    /// <param name="part">The part.</param>
    /// <param name="values">The values.</param>
    /// <param name="ct">Cancels the call.</param>
    /// <exception cref="TemplateException">It failed.</exception>
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
        // One of an earlier version is a problem until somebody has written its successor.
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

/// <summary>A template that cannot be used, and why.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ByWhom">The operator who wrote it; empty for a file.</param>
/// <param name="Problems">What is wrong with it.</param>
internal sealed record InvalidTemplate(string Name, string ByWhom, IReadOnlyList<TemplateProblem> Problems)
{
    public override string ToString() => $"template {Name}{(ByWhom.Length > 0 ? $" by {ByWhom}" : "")}: {Problems[0]}";
}
