using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>
/// Stores documents from councils. A document is stored completely, chunk by chunk, before any of it is parsed, so that a long document does not fill the
/// memory and a partial document is never read. Identical bytes are the same document.
/// </summary>
internal sealed partial class DocumentStore(IDatabase database, Spool spool, IOptions<UpdatesOptions> options, TimeProvider time)
{
    private const int ChunkLength = 256 << 10;
    private const int MaxNameLength = 200;

    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromDays(1);

    /// <summary>Returns the source of a document: its name without runs of four or more digits, such as dates, so that it is the same every day.</summary>
    public static string Source(string name) => Dates().Replace(name, "");

    /// <summary>Stores a document durably.</summary>
    /// <param name="backEnd">The back end of the document.</param>
    /// <param name="name">The name. Folders in it are removed.</param>
    /// <param name="content">The bytes. The stream is read to the end and not disposed.</param>
    /// <param name="ct">Cancels the operation.</param>
    /// <returns>The id of the document, and whether it had been stored before.</returns>
    /// <exception cref="DocumentTooLongException">The document is too long.</exception>
    public async Task<(long Id, bool Known)> SaveAsync(BackEnd backEnd, string name, Stream content, CancellationToken ct)
    {
        name = Clean(name);
        // The content goes to a temporary file first: only a complete, new document within the length limit is written to the database.
        await using var whole = spool.Create();
        var sha256 = await SpoolAsync(name, content, whole, ct);
        if (await FindAsync(backEnd, sha256, ct) is > 0 and var same)
            return (same, true);

        var (id, number) = (0L, 0);
        whole.Position = 0;
        do
        {
            var chunk = new byte[Math.Min(ChunkLength, whole.Length - whole.Position)];
            await whole.ReadExactlyAsync(chunk, ct);
            id = await AddChunkAsync(backEnd, id, name, number++, chunk, ct);
        }
        while (whole.Position < whole.Length);

        return await FinishAsync(backEnd, id, sha256, whole.Length, ct);
    }

    /// <summary>Returns a sink for an adapter. It stores only documents of the adapter's own back end.</summary>
    public IDocumentSink For(BackEnd backEnd) => new Sink(this, backEnd);

    /// <summary>Returns the id of the document with this hash; 0 if there is none.</summary>
    public Task<long> FindAsync(BackEnd backEnd, byte[] sha256, CancellationToken ct) =>
        database.ReadAsync(async db => await FindAsync(db, backEnd, sha256) ?? 0, ct);

    /// <summary>Converts a stored document to the form that adapters read.</summary>
    public Document ToDocument(DocumentRow row) => new()
    {
        Name = row.Name,
        Length = row.Length,
        ReceivedAt = UnixTime.At(row.Received),
        OpenAsync = _ => Task.FromResult<Stream>(new ChunkStream(row.Length, ChunkLength, (number, ct) => ReadChunkAsync(row.Id, number, ct))),
    };

    /// <summary>Removes documents that were never stored completely.</summary>
    public Task<int> RemoveAbandonedAsync(CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var before = time.NowMs() - AbandonedAfter.Ms();
            await db.ExecuteAsync(
                $"DELETE FROM document_chunk WHERE document_id IN (SELECT id FROM document WHERE state = {DocumentStates.Arriving} AND received < @before)",
                new { before });
            return await db.ExecuteAsync($"DELETE FROM document WHERE state = {DocumentStates.Arriving} AND received < @before", new { before });
        },
        ct);

    private async Task<byte[]> SpoolAsync(string name, Stream content, FileStream whole, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        await Spool.CopyAsync(
            content, whole,
            bytes =>
            {
                if ((length += bytes.Length) > options.Value.MaxDocumentBytes)
                    throw new DocumentTooLongException($"{name} is longer than the limit of {options.Value.MaxDocumentBytes >> 10} KB.");
                hash.AppendData(bytes.Span);
            },
            ct);
        return hash.GetHashAndReset();
    }

    private Task<byte[]?> ReadChunkAsync(long documentId, long number, CancellationToken ct) => database.ReadAsync(
        db => db.ScalarAsync<byte[]>(
            "SELECT content FROM document_chunk WHERE document_id = @documentId AND number = @number", new { documentId, number }), ct);

    private static Task<long?> FindAsync(DbSession db, BackEnd backEnd, byte[] sha256) => db.ScalarAsync<long?>(
        $"SELECT MIN(id) FROM document WHERE council = @Council AND backend = @Name AND sha256 = @sha256 AND state > {DocumentStates.Arriving}",
        new { backEnd.Council, backEnd.Name, sha256 });

    // 20261130, 2026-11-30_0730 and 30.11.2026.
    [GeneratedRegex("(?:[0-9]{1,2}[-_. ]){2}[0-9]{4}|[0-9]{4,}(?:[-_. ]?[0-9]{2})*", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Dates();

    private static string Clean(string name)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = string.Concat(last.Where(c => !char.IsControl(c))).Trim();
        return clean.Length == 0 ? "document" : clean.Length <= MaxNameLength ? clean : clean[^MaxNameLength..];
    }

    private Task<long> AddChunkAsync(BackEnd backEnd, long id, string name, int number, byte[] content, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var document = id > 0 ? id : await db.InsertAsync(
                """
                INSERT INTO document (council, backend, source, name, sha256, length, received, state, baseline, again, due, claimed, claimed_by,
                    attempts, reads_started, read_at, valid, added, invalid, cause)
                VALUES (@Council, @backEndName, @source, @name, @none, 0, @now, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, 0, '')
                """,
                new { backEnd.Council, backEndName = backEnd.Name, source = Source(name), name, none = new byte[] { 0 }, now = time.NowMs() });
            await db.ExecuteAsync(
                "INSERT INTO document_chunk (document_id, number, content) VALUES (@document, @number, @content)", new { document, number, content });
            return document;
        },
        ct);

    private Task<(long, bool)> FinishAsync(BackEnd backEnd, long id, byte[] sha256, long length, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            if (await FindAsync(db, backEnd, sha256) is { } known)
            {
                await db.ExecuteAsync("DELETE FROM document_chunk WHERE document_id = @id", new { id });
                await db.ExecuteAsync("DELETE FROM document WHERE id = @id", new { id });
                return (known, true);
            }

            await db.ExecuteAsync(
                $"UPDATE document SET sha256 = @sha256, length = @length, state = {DocumentStates.Waiting} WHERE id = @id", new { id, sha256, length });
            return (id, false);
        },
        ct);

    private sealed class Sink(DocumentStore store, BackEnd backEnd) : IDocumentSink
    {
        public Task SaveAsync(string name, Stream content, CancellationToken cancellationToken) =>
            store.SaveAsync(backEnd, name, content, cancellationToken);
    }
}

/// <summary>The error for a document that is too long.</summary>
internal sealed class DocumentTooLongException(string message) : IOException(message);

/// <summary>A document without its content.</summary>
internal sealed record DocumentRow
{
    public long Id { get; init; }

    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public string Source { get; init; } = "";

    public string Name { get; init; } = "";

    public long Length { get; init; }

    public long Received { get; init; }

    public DocumentState State { get; init; }

    public bool Baseline { get; init; }

    public bool Again { get; init; }

    /// <summary>What an operator decided about a document that looks entirely new.</summary>
    public DocumentDecision Decision { get; init; }

    public int Attempts { get; init; }

    public int ReadsStarted { get; init; }

    /// <summary>When this process claimed it.</summary>
    public long Claim { get; init; }

    public long ReadAt { get; init; }

    public long Valid { get; init; }

    public long Inserted { get; init; }

    public long Invalid { get; init; }

    public string Cause { get; init; } = "";
}

/// <summary>The state of a document. The numbers are stored in the database.</summary>
internal enum DocumentState
{
    Arriving,
    Waiting,
    Read,
    Unreadable,

    /// <summary>The content has been deleted after its retention period. Only the row remains.</summary>
    Cleared = 4,

    /// <summary>The content is being deleted; part of it may already be missing.</summary>
    Clearing = 5,

    /// <summary>All its rows look new although they describe known events. It waits for an operator's decision.</summary>
    Held = 6,
}

/// <summary>What an operator decided about a document that looks entirely new. The numbers are stored in the database.</summary>
internal enum DocumentDecision
{
    None,

    /// <summary>All rows are news.</summary>
    News,

    /// <summary>Rows that describe known events are known, and are not told again.</summary>
    Known,
}

/// <summary>The values of <see cref="DocumentState"/> for SQL statements.</summary>
internal static class DocumentStates
{
    public const string Arriving = "0";
    public const string Waiting = "1";
    public const string Read = "2";
    public const string Unreadable = "3";
    public const string Cleared = "4";
    public const string Clearing = "5";
    public const string Held = "6";
}
