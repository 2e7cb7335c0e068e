using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace PluginGateway.Host.Email;

/// <summary>
/// The templates in their folder, compiled at first use and again when edited. A template that is wrong leaves the last good one in use.
/// </summary>
internal sealed class TemplateFiles(ITemplateEngine engine, IOptions<EmailOptions> options, TimeProvider time, ILogger<TemplateFiles> log)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Compiled> _compiled = new(StringComparer.Ordinal);

    /// <summary>Renders a part of a template.</summary>
    /// <param name="folder">The folder that takes the place of the default one, for the parts it has.</param>
    /// <param name="part">The file: <c>report.html.hbs</c>.</param>
    /// <param name="model">The values.</param>
    public string Render(string? folder, string part, IReadOnlyDictionary<string, object?> model)
    {
        var root = options.Value.FullTemplatesPath;
        var own = folder is null ? null : Path.Combine(root, folder, part);
        var path = own is not null && File.Exists(own) ? own : Path.Combine(root, part);
        return Find(path).Template(model);
    }

    /// <summary>Whether a folder has a part of its own.</summary>
    public bool Has(string folder, string part) => File.Exists(Path.Combine(options.Value.FullTemplatesPath, folder, part));

    /// <summary>The folders that have templates of their own.</summary>
    public IReadOnlyList<string> Folders() => Directory.Exists(options.Value.FullTemplatesPath)
        ? [.. Directory.GetDirectories(options.Value.FullTemplatesPath).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The text of a file; of the default one when the folder has none.</summary>
    public Task<string> ReadAsync(string? folder, string part, CancellationToken ct) =>
        File.ReadAllTextAsync(Path.Combine(options.Value.FullTemplatesPath, folder is not null && Has(folder, part) ? folder : "", part), ct);

    private Compiled Find(string path)
    {
        var known = _compiled.GetValueOrDefault(path);
        var now = time.GetUtcNow();
        if (known is not null && now - known.Looked < LookAgain)
            return known;

        var changed = File.GetLastWriteTimeUtc(path);
        if (known is not null && known.Changed == changed)
            return _compiled[path] = known with { Looked = now };

        try
        {
            var template = engine.Compile(File.ReadAllText(path), path.Contains(".html.", StringComparison.Ordinal));
            return _compiled[path] = new Compiled(template, changed, now);
        }
        catch (Exception e) when (known is not null && e is FormatException or IOException)
        {
            log.TemplateIsWrong(path, e.Message);
            return _compiled[path] = known! with { Changed = changed, Looked = now };
        }
    }

    private sealed record Compiled(Func<IReadOnlyDictionary<string, object?>, string> Template, DateTime Changed, DateTimeOffset Looked);
}
