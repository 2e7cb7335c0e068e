using System.Collections.Frozen;

namespace PluginGateway.Host.Email;

/// <summary>The templates in use: an operator's where there is one, else the file's.</summary>
internal sealed class Templates(TemplateFiles files, TemplateStore store, ITemplateEngine engine, TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private volatile Loaded _loaded = new(FrozenDictionary<string, Func<IReadOnlyDictionary<string, object?>, string>>.Empty, -1, DateTimeOffset.MinValue);

    /// <summary>The parts that a report's mail is made of.</summary>
    public static IReadOnlyList<string> Parts { get; } = ["report.subject.hbs", "report.text.hbs", "report.html.hbs"];

    /// <summary>How a template is called: its part, behind the folder that it belongs to.</summary>
    public static string NameOf(string? folder, string part) => string.IsNullOrEmpty(folder) ? part : $"{folder}/{part}";

    public static bool IsHtml(string name) => name.Contains(".html.", StringComparison.Ordinal);

    /// <summary>Reads what operators changed since; before rendering.</summary>
    public async ValueTask RefreshAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var loaded = _loaded;
        if (now - loaded.At < Fresh && now >= loaded.At)
            return;

        var version = await store.VersionAsync(ct);
        _loaded = version == loaded.Version
            ? loaded with { At = now }
            : new Loaded(
                (await store.ListAsync(ct)).Where(t => t.Content is not null)
                    .ToFrozenDictionary(t => t.Name, t => engine.Compile(StoredTemplate.Text(t.Content)!, IsHtml(t.Name)), StringComparer.Ordinal),
                version,
                now);
    }

    /// <summary>What is known is old: a template was just changed here.</summary>
    public void Forget() => _loaded = _loaded with { At = DateTimeOffset.MinValue };

    /// <summary>Renders a part of a template.</summary>
    /// <param name="folder">The folder that takes the place of the default one, for the parts it has.</param>
    /// <param name="part">The part.</param>
    /// <param name="model">The values.</param>
    public string Render(string? folder, string part, IReadOnlyDictionary<string, object?> model)
    {
        var edited = _loaded.Edited;
        if (folder is not null && edited.TryGetValue(NameOf(folder, part), out var own))
            return own(model);
        if ((folder is null || !files.Has(folder, part)) && edited.TryGetValue(part, out var shared))
            return shared(model);
        return files.Render(folder, part, model);
    }

    private sealed record Loaded(FrozenDictionary<string, Func<IReadOnlyDictionary<string, object?>, string>> Edited, long Version, DateTimeOffset At);
}
