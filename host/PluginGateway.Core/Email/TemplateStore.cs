using System.Text;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>
/// Templates that operators have edited, where every host finds them. One that was never edited, or was taken back, is the file's. Each remembers
/// what it was before, so that the last change can be undone, and what somebody is trying out.
/// </summary>
internal sealed class TemplateStore(IDatabase database, TimeProvider time)
{
    public const int MaxLength = 20_000;

    private const string Columns = "name AS Name, content AS Content, previous AS Previous, draft AS Draft, by_whom AS ByWhom, at AS At";

    public Task<List<StoredTemplate>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<StoredTemplate>($"SELECT {Columns} FROM template ORDER BY name"), ct);

    public Task<StoredTemplate?> FindAsync(string name, CancellationToken ct) => database.ReadAsync(db => FindAsync(db, name), ct);

    /// <summary>What an earlier version kept for a template; null when there is nothing.</summary>
    public Task<StoredTemplate?> FindEarlierAsync(string name, CancellationToken ct) =>
        StoredTemplate.EarlierNameOf(name) is { } earlier ? FindAsync(earlier, ct) : Task.FromResult<StoredTemplate?>(null);

    /// <summary>A number that is another one when any template in use has changed.</summary>
    public Task<long> VersionAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ScalarAsync<long>("SELECT COALESCE(SUM(at), 0) + COUNT(*) FROM template WHERE at > 0"), ct);

    /// <summary>Keeps what somebody is trying out; nothing is sent with it.</summary>
    public Task<bool> DraftAsync(string name, string text, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await EnsureAsync(db, name);
            return await db.ExecuteAsync("UPDATE template SET draft = @draft WHERE name = @name", new { name, draft = Encoding.UTF8.GetBytes(text) }) > 0;
        },
        ct);

    /// <summary>Uses a text from now on.</summary>
    public Task<bool> PublishAsync(string name, string text, string who, CancellationToken ct) =>
        ChangeAsync(name, who, "template-edit", before => (Encoding.UTF8.GetBytes(text), before.Content), ct);

    /// <summary>Undoes the last change; doing that again undoes the undoing.</summary>
    public Task<bool> UndoAsync(string name, string who, CancellationToken ct) =>
        ChangeAsync(name, who, "template-undo", before => before.CanUndo ? (before.Previous, before.Content) : null, ct);

    private static Task<StoredTemplate?> FindAsync(DbSession db, string name) =>
        db.FirstAsync<StoredTemplate>($"SELECT {Columns} FROM template WHERE name = @name", new { name });

    private static Task EnsureAsync(DbSession db, string name) => db.ExecuteAsync(
        """
        INSERT INTO template (name, content, previous, draft, by_whom, at) SELECT @name, NULL, NULL, NULL, '', 0
        WHERE NOT EXISTS (SELECT 1 FROM template WHERE name = @name)
        """,
        new { name });

    private Task<bool> ChangeAsync(
        string name, string who, string action, Func<StoredTemplate, (byte[]? Content, byte[]? Previous)?> change, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await EnsureAsync(db, name);
            await db.LockAsync("UPDATE template SET at = at WHERE name = @name", new { name });
            var before = (await FindAsync(db, name))!;
            if (change(before) is not { } next)
                return false;

            // Never the same time twice: hosts know a change by it.
            var now = Math.Max(time.NowMs(), before.At + 1);
            await db.ExecuteAsync(
                "UPDATE template SET content = @Content, previous = @Previous, draft = NULL, by_whom = @who, at = @now WHERE name = @name",
                new { name, next.Content, next.Previous, who, now });
            await Audit.AddAsync(
                db, now, who, action, "", $"template {name}", StoredTemplate.Text(before.Content) ?? "the file's",
                StoredTemplate.Text(next.Content) ?? "the file's", "");
            return true;
        },
        ct);
}

/// <summary>A template that was edited.</summary>
internal sealed class StoredTemplate
{
    public string Name { get; init; } = "";

    /// <summary>Null when the file's is used.</summary>
    public byte[]? Content { get; init; }

    /// <summary>What was used before; null when it was the file's.</summary>
    public byte[]? Previous { get; init; }

    public byte[]? Draft { get; init; }

    public string ByWhom { get; init; } = "";

    public long At { get; init; }

    /// <summary>How the names of templates ended in earlier versions, whose syntax is no longer supported.</summary>
    public const string EarlierExtension = ".hbs";

    public static readonly TemplateProblem IsEarlier = new(
        1, 1, "it is written in the syntax of earlier versions, which is no longer supported; write it again under its new name");

    /// <summary>What a template was called in earlier versions.</summary>
    public static string? EarlierNameOf(string name) => Path.GetFileName(name) switch
    {
        MailTemplates.Subject => name.Replace(MailTemplates.Subject, "report.subject" + EarlierExtension, StringComparison.Ordinal),
        MailTemplates.Text => name.Replace(MailTemplates.Text, "report.text" + EarlierExtension, StringComparison.Ordinal),
        MailTemplates.Html => name.Replace(MailTemplates.Html, "report.html" + EarlierExtension, StringComparison.Ordinal),
        _ => null,
    };

    /// <summary>Whether an earlier version wrote it: it is kept, and not used.</summary>
    public bool IsFromEarlierVersion => Name.EndsWith(EarlierExtension, StringComparison.Ordinal);

    public bool CanUndo => Content is not null || Previous is not null;

    public static string? Text(byte[]? content) => content is null ? null : Encoding.UTF8.GetString(content);
}
