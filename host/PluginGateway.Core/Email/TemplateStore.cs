using System.Text;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

/// <summary>
/// Stores the templates that operators have edited, shared by all hosts. For a template that has never been edited, or whose edits were undone, the file is
/// used. Each template also has its previous text, so that the last change can be undone, and a draft.
/// </summary>
internal sealed class TemplateStore(IDatabase database, TimeProvider time)
{
    public const int MaxLength = 20_000;

    private const string Columns = "name AS Name, content AS Content, previous AS Previous, draft AS Draft, by_whom AS ByWhom, at AS At";

    public Task<List<StoredTemplate>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<StoredTemplate>($"SELECT {Columns} FROM template ORDER BY name"), ct);

    public Task<StoredTemplate?> FindAsync(string name, CancellationToken ct) => database.ReadAsync(db => FindAsync(db, name), ct);

    /// <summary>Returns the template that an earlier version of the gateway stored under the old name; null if there is none.</summary>
    public Task<StoredTemplate?> FindEarlierAsync(string name, CancellationToken ct) =>
        StoredTemplate.EarlierNameOf(name) is { } earlier ? FindAsync(earlier, ct) : Task.FromResult<StoredTemplate?>(null);

    /// <summary>Returns a number that changes when any template in use has changed.</summary>
    public Task<long> VersionAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ScalarAsync<long>("SELECT COALESCE(SUM(at), 0) + COUNT(*) FROM template WHERE at > 0"), ct);

    /// <summary>Saves a draft, which is not used for e-mails.</summary>
    public Task<bool> DraftAsync(string name, string text, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await EnsureAsync(db, name);
            return await db.ExecuteAsync("UPDATE template SET draft = @draft WHERE name = @name", new { name, draft = Encoding.UTF8.GetBytes(text) }) > 0;
        },
        ct);

    /// <summary>Saves a text and uses it for e-mails from now on.</summary>
    public Task<bool> PublishAsync(string name, string text, string who, CancellationToken ct) =>
        ChangeAsync(name, who, "template-edit", before => (Encoding.UTF8.GetBytes(text), before.Content), ct);

    /// <summary>Undoes the last change; a second call restores it.</summary>
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

            // The time must increase, because hosts detect changes by it.
            var now = Math.Max(time.NowMs(), before.At + 1);
            await db.ExecuteAsync(
                "UPDATE template SET content = @Content, previous = @Previous, draft = NULL, by_whom = @who, at = @now WHERE name = @name",
                new { name, next.Content, next.Previous, who, now });
            await Audit.AddAsync(
                db, now, who, action, "", $"template {name}", StoredTemplate.Text(before.Content) ?? "(template file)",
                StoredTemplate.Text(next.Content) ?? "(template file)", "");
            return true;
        },
        ct);
}

/// <summary>A template that an operator has edited.</summary>
internal sealed class StoredTemplate
{
    public string Name { get; init; } = "";

    /// <summary>The text in use; null if the file is used.</summary>
    public byte[]? Content { get; init; }

    /// <summary>The previous text; null if the file was used.</summary>
    public byte[]? Previous { get; init; }

    public byte[]? Draft { get; init; }

    public string ByWhom { get; init; } = "";

    public long At { get; init; }

    /// <summary>The file extension of templates in earlier versions, whose syntax is no longer supported.</summary>
    public const string EarlierExtension = ".hbs";

    public static readonly TemplateProblem IsEarlier = new(
        1, 1, "the template uses the syntax of earlier versions, which is no longer supported; rewrite it under its new name");

    /// <summary>Returns the name of a template in earlier versions.</summary>
    public static string? EarlierNameOf(string name) => Path.GetFileName(name) switch
    {
        MailTemplates.Subject => name.Replace(MailTemplates.Subject, "report.subject" + EarlierExtension, StringComparison.Ordinal),
        MailTemplates.Text => name.Replace(MailTemplates.Text, "report.text" + EarlierExtension, StringComparison.Ordinal),
        MailTemplates.Html => name.Replace(MailTemplates.Html, "report.html" + EarlierExtension, StringComparison.Ordinal),
        _ => null,
    };

    /// <summary>Whether it was stored by an earlier version. Such a template is kept but not used.</summary>
    public bool IsFromEarlierVersion => Name.EndsWith(EarlierExtension, StringComparison.Ordinal);

    public bool CanUndo => Content is not null || Previous is not null;

    public static string? Text(byte[]? content) => content is null ? null : Encoding.UTF8.GetString(content);
}
