using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>
/// Documents from councils. They are stored whole before anything is read of them, piece by piece, so that neither a long one fills the
/// memory nor half of one is ever taken for the whole. The same bytes again are the same document.
/// </summary>
internal sealed partial class DocumentStore(IDatabase database, IOptions<UpdatesOptions> options, TimeProvider time)
{
    private const int PieceLength = 256 << 10;
    private const int MaxNameLength = 200;

    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromDays(1);

    /// <summary>Where a document comes from, day after day: its name without the dates and numbers that change.</summary>
    public static string Source(string name) => Dates().Replace(name, "");

    /// <summary>Stores a document. It is durable when this returns.</summary>
    /// <param name="backEnd">Whose it is.</param>
    /// <param name="name">Its name; folders in it are left out.</param>
    /// <param name="content">Its bytes; read to the end and not disposed.</param>
    /// <param name="ct">Cancels the storing.</param>
    /// <returns>The document, and whether it was there before.</returns>
    /// <exception cref="DocumentTooLongException">It is longer than documents may be.</exception>
    public async Task<(long Id, bool Known)> SaveAsync(BackEnd backEnd, string name, Stream content, CancellationToken ct)
    {
        name = Clean(name);
        // Through a file of its own first: only what is whole, not too long and not known is written into the database.
        var path = Path.GetTempFileName();
        await using var whole = new FileStream(
            path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 64 << 10, FileOptions.Asynchronous | FileOptions.DeleteOnClose);
        var sha256 = await SpoolAsync(name, content, whole, ct);
        if (await FindAsync(backEnd, sha256, ct) is > 0 and var same)
            return (same, true);

        var (id, number) = (0L, 0);
        whole.Position = 0;
        do
        {
            var piece = new byte[Math.Min(PieceLength, whole.Length - whole.Position)];
            await whole.ReadExactlyAsync(piece, ct);
            id = await AddPieceAsync(backEnd, id, name, number++, piece, ct);
        }
        while (whole.Position < whole.Length);

        return await FinishAsync(backEnd, id, sha256, whole.Length, ct);
    }

    /// <summary>The same for adapters, which store documents of their own back end only.</summary>
    public IDocumentSink For(BackEnd backEnd) => new Sink(this, backEnd);

    /// <summary>The document with these bytes; 0 when there is none.</summary>
    public Task<long> FindAsync(BackEnd backEnd, byte[] sha256, CancellationToken ct) =>
        database.ReadAsync(async db => await FindAsync(db, backEnd, sha256) ?? 0, ct);

    /// <summary>A stored document as adapters read it.</summary>
    public Document ToDocument(DocumentRow row) => new()
    {
        Name = row.Name,
        Length = row.Length,
        ReceivedAt = UnixTime.At(row.Received),
        OpenAsync = _ => Task.FromResult<Stream>(new DocumentStream(database, row.Id)),
    };

    /// <summary>Removes what began to arrive and never came to its end.</summary>
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
        var piece = new byte[64 << 10];
        int read;
        while ((read = await content.ReadAsync(piece, ct)) > 0)
        {
            if (whole.Length + read > options.Value.MaxDocumentBytes)
                throw new DocumentTooLongException($"{name} is longer than {options.Value.MaxDocumentBytes >> 10} KB.");
            hash.AppendData(piece, 0, read);
            await whole.WriteAsync(piece.AsMemory(0, read), ct);
        }

        await whole.FlushAsync(ct);
        return hash.GetHashAndReset();
    }

    private static Task<long?> FindAsync(DbSession db, BackEnd backEnd, byte[] sha256) => db.ScalarAsync<long?>(
        $"SELECT MIN(id) FROM document WHERE council = @Council AND backend = @Name AND sha256 = @sha256 AND state > {DocumentStates.Arriving}",
        new { backEnd.Council, backEnd.Name, sha256 });

    [GeneratedRegex("[0-9]{4,}", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Dates();

    private static string Clean(string name)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = string.Concat(last.Where(c => !char.IsControl(c))).Trim();
        return clean.Length == 0 ? "document" : clean.Length <= MaxNameLength ? clean : clean[^MaxNameLength..];
    }

    private Task<long> AddPieceAsync(BackEnd backEnd, long id, string name, int number, byte[] content, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var document = id > 0 ? id : await db.InsertAsync(
                """
                INSERT INTO document (council, backend, source, name, sha256, length, received, state, baseline, again, due, claimed, claimed_by,
                    tries, reads_started, read_at, valid, added, invalid, cause)
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

/// <summary>A document that is longer than documents may be.</summary>
internal sealed class DocumentTooLongException(string message) : IOException(message);

/// <summary>A document, but for its content.</summary>
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

    public int Tries { get; init; }

    public int ReadsStarted { get; init; }

    /// <summary>When this process took it to read.</summary>
    public long Claim { get; init; }

    public long ReadAt { get; init; }

    public long Valid { get; init; }

    public long Inserted { get; init; }

    public long Invalid { get; init; }

    public string Cause { get; init; } = "";
}

/// <summary>How far a document is. The numbers are in the database.</summary>
internal enum DocumentState
{
    Arriving,
    Waiting,
    Read,
    Unreadable,

    /// <summary>It was kept long enough: only that there was one is known.</summary>
    Cleared = 4,

    /// <summary>That is under way: a part of it may be gone.</summary>
    Clearing = 5,
}

/// <summary>The same, as the text of a statement has them.</summary>
internal static class DocumentStates
{
    public const string Arriving = "0";
    public const string Waiting = "1";
    public const string Read = "2";
    public const string Unreadable = "3";
    public const string Cleared = "4";
    public const string Clearing = "5";
}
