using System.Buffers;
using System.Security.Cryptography;
using PluginGateway.Contracts;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Attachments;

/// <summary>
/// Stores the files of reports. A file is saved first, in separate transactions, and is assigned to its report when the report is accepted. Files that are
/// never assigned are deleted. A long file is stored in chunks, so that it is never in memory as a whole.
/// </summary>
internal sealed class AttachmentStore(IDatabase database, ISyncDatabase syncDatabase, TimeProvider time) : IAttachmentSource
{
    /// <summary>The length of a chunk. Content up to this length is stored in the row of the file.</summary>
    public const int ChunkLength = 256 << 10;

    private const string ReadChunk = "SELECT content FROM attachment_chunk WHERE attachment_id = @id AND number = @number";

    /// <summary>Deletes the chunks of files in <c>@ids</c> that no longer exist.</summary>
    public const string DeleteChunks = """
        DELETE FROM attachment_chunk WHERE attachment_id IN @ids AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.id = attachment_chunk.attachment_id)
        """;

    private static readonly TimeSpan OrphanRetention = TimeSpan.FromDays(1);

    /// <summary>Saves a file without a report.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The media type.</param>
    /// <param name="content">The content. The stream must be seekable and is read from its start.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task<Attachment> SaveAsync(string name, string type, Stream content, CancellationToken ct)
    {
        content.Position = 0;
        var sha256 = await SHA256.HashDataAsync(content, ct);
        content.Position = 0;
        var length = content.Length;
        if (length <= ChunkLength)
        {
            var whole = new byte[length];
            await content.ReadExactlyAsync(whole, ct);
            return ToAttachment(await InsertAsync(sha256, name, type, length, whole, ct), name, type, length);
        }

        var id = await InsertAsync(sha256, name, type, length, [], ct);
        var file = ToAttachment(-id, name, type, length);
        try
        {
            await SaveChunksAsync(id, content, ct);
            return file;
        }
        catch
        {
            await DiscardAsync([file]);
            throw;
        }
    }

    /// <summary>Assigns files to a report.</summary>
    public static Task AdoptAsync(DbSession db, long reportId, IReadOnlyList<Attachment> attachments) => attachments.Count == 0
        ? Task.CompletedTask
        : db.ExecuteAsync("UPDATE attachment SET report_id = @reportId WHERE id IN @ids", new { reportId, ids = attachments.Select(RowId) });

    /// <summary>
    /// Deletes those of the files that have not been assigned to a report, because it was refused or had been received before. If that fails, they are
    /// deleted a day later.
    /// </summary>
    public async Task DiscardAsync(IReadOnlyList<Attachment> attachments)
    {
        if (attachments.Count == 0)
            return;

        try
        {
            await database.WriteAsync(
                async db =>
                {
                    var ids = attachments.Select(RowId);
                    return await db.ExecuteAsync("DELETE FROM attachment WHERE id IN @ids AND report_id = 0", new { ids })
                        + await db.ExecuteAsync(DeleteChunks, new { ids });
                },
                CancellationToken.None);
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            // The caller has its own result or error to report.
        }
    }

    /// <summary>Returns a file of a report by its id; null if the report has no such file or it has been deleted.</summary>
    public async Task<Attachment?> FindAsync(long reportId, long id, CancellationToken ct)
    {
        var row = await database.ReadAsync(
            db => db.FirstAsync<FileRow>(
                "SELECT name AS Name, type AS Type, length AS Length FROM attachment WHERE id = @rowId AND report_id = @reportId",
                new { rowId = Math.Abs(id), reportId }),
            ct);
        return row is null ? null : ToAttachment(id, row.Name, row.Type, row.Length);
    }

    public async Task<Stream> OpenAsync(Attachment attachment, CancellationToken cancellationToken)
    {
        var id = RowId(attachment);
        var content = await database.ReadAsync(
            db => db.ScalarAsync<byte[]>("SELECT content FROM attachment WHERE id = @id", new { id }), cancellationToken);
        if (content is null)
            throw new FileNotFoundException($"Attachment {id} no longer exists.");
        return attachment.Id >= 0
            ? new MemoryStream(content, writable: false)
            : new ChunkStream(
                attachment.Length, ChunkLength,
                (number, ct) => database.ReadAsync(db => db.ScalarAsync<byte[]>(ReadChunk, new { id, number }), ct),
                number => syncDatabase.Query<byte[]>(ReadChunk, new { id, number }) is [var chunk, ..] ? chunk : null);
    }

    public Task<int> RemoveOrphansAsync(CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var before = time.NowMs() - OrphanRetention.Ms();
            await db.ExecuteAsync(
                "DELETE FROM attachment_chunk WHERE attachment_id IN (SELECT id FROM attachment WHERE report_id = 0 AND received < @before)", new { before });
            return await db.ExecuteAsync("DELETE FROM attachment WHERE report_id = 0 AND received < @before", new { before });
        },
        ct);

    /// <summary>
    /// Returns the id of a file's row. A file in chunks is known by its negative id: a host of an earlier version that does not know about chunks finds no
    /// such row, instead of sending an empty file.
    /// </summary>
    private static long RowId(Attachment attachment) => Math.Abs(attachment.Id);

    private static Attachment ToAttachment(long id, string name, string type, long length) =>
        new() { Id = id, FileName = name, ContentType = type, Length = length };

    private Task<long> InsertAsync(byte[] sha256, string name, string type, long length, byte[] content, CancellationToken ct) => database.WriteAsync(
        db => db.InsertAsync(
            """
            INSERT INTO attachment (report_id, sha256, name, type, length, received, content)
            VALUES (0, @sha256, @name, @type, @length, @received, @content)
            """,
            new { sha256, name, type, length, received = time.NowMs(), content }),
        ct);

    private async Task SaveChunksAsync(long id, Stream content, CancellationToken ct)
    {
        // The pool returns arrays of exactly this length, which is a power of two.
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkLength);
        try
        {
            for (var number = 0; content.Position < content.Length; number++)
            {
                var rest = content.Length - content.Position;
                var chunk = rest >= ChunkLength && buffer.Length == ChunkLength ? buffer : new byte[Math.Min(rest, ChunkLength)];
                await content.ReadExactlyAsync(chunk, ct);
                // Not cancelled, because the write would still use the buffer.
                await database.WriteAsync(
                    db => db.ExecuteAsync(
                        "INSERT INTO attachment_chunk (attachment_id, number, content) VALUES (@id, @number, @chunk)", new { id, number, chunk }),
                    CancellationToken.None);
                ct.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private sealed class FileRow
    {
        public string Name { get; init; } = "";

        public string Type { get; init; } = "";

        public long Length { get; init; }
    }
}
