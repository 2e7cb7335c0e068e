using System.Security.Cryptography;
using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Attachments;

/// <summary>
/// Stores the files of reports. A file is saved first, in a separate transaction, and is assigned to its report when the report is
/// accepted. Files that are never assigned are deleted after a day.
/// </summary>
internal sealed class AttachmentStore(IDatabase database, TimeProvider time) : IAttachmentSource
{
    private static readonly TimeSpan OrphanRetention = TimeSpan.FromDays(1);

    public async Task<Attachment> SaveAsync(string name, string type, byte[] content, CancellationToken ct)
    {
        var sha256 = SHA256.HashData(content);
        var id = await database.WriteAsync(
            db => db.InsertAsync(
                """
                INSERT INTO attachment (report_id, sha256, name, type, length, received, content)
                VALUES (0, @sha256, @name, @type, @length, @received, @content)
                """,
                new { sha256, name, type, length = content.LongLength, received = time.NowMs(), content }),
            ct);
        return new Attachment { Id = id, FileName = name, ContentType = type, Length = content.LongLength };
    }

    public static Task AdoptAsync(DbSession db, long reportId, IReadOnlyList<Attachment> attachments) => attachments.Count == 0
        ? Task.CompletedTask
        : db.ExecuteAsync("UPDATE attachment SET report_id = @reportId WHERE id IN @ids", new { reportId, ids = attachments.Select(a => a.Id) });

    /// <summary>Returns a file of a report; null if the report has no such file or it has been deleted.</summary>
    public Task<StoredFile?> FindAsync(long reportId, long id, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<StoredFile>(
            "SELECT name AS Name, type AS Type, content AS Content FROM attachment WHERE id = @id AND report_id = @reportId", new { id, reportId }), ct);

    public async Task<Stream> OpenAsync(Attachment attachment, CancellationToken cancellationToken)
    {
        var content = await database.ReadAsync(
            db => db.ScalarAsync<byte[]>("SELECT content FROM attachment WHERE id = @Id", new { attachment.Id }), cancellationToken);
        return new MemoryStream(content ?? throw new FileNotFoundException($"Attachment {attachment.Id} no longer exists."), writable: false);
    }

    public Task<int> RemoveOrphansAsync(CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync("DELETE FROM attachment WHERE report_id = 0 AND received < @before", new { before = time.NowMs() - OrphanRetention.Ms() }), ct);
}

internal sealed class StoredFile
{
    public string Name { get; init; } = "";

    public string Type { get; init; } = "";

    public byte[] Content { get; init; } = [];
}
