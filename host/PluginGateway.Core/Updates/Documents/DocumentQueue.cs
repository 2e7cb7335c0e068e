using Microsoft.Extensions.Options;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Documents;

/// <summary>Manages the queue of documents that wait to be read, and stores the results.</summary>
internal sealed class DocumentQueue(IDatabase database, ProcessLiveness nodes, IOptions<UpdatesOptions> options, TimeProvider time)
{
    public const string Columns = """
        id AS Id, council AS Council, backend AS BackEnd, source AS Source, name AS Name, length AS Length, received AS Received, state AS State,
        baseline AS Baseline, again AS Again, decision AS Decision, attempts AS Attempts, reads_started AS ReadsStarted, read_at AS ReadAt,
        valid AS Valid, added AS Inserted, invalid AS Invalid, cause AS Cause
        """;

    /// <summary>
    /// Longer than it takes until an edited council file is live, because operators often correct a rule and immediately have a document read again.
    /// </summary>
    private static readonly TimeSpan AfterAnEdit = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>The number of failed attempts after which a document needs an operator.</summary>
    private const int MaxAttempts = 5;

    /// <summary>The number of attempts that crashed the process or did not end after which a document needs an operator.</summary>
    private const int MaxReads = 10;

    /// <summary>
    /// Claims the next document of a back end for this process. Documents are read in the order of arrival, so a document that another process is reading
    /// blocks the later ones.
    /// </summary>
    public Task<DocumentRow?> ClaimAsync(BackEnd backEnd, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            var next = await db.FirstAsync<DocumentRow>(
                $"""
                SELECT {Columns} FROM document WHERE council = @Council AND backend = @Name AND state = {DocumentStates.Waiting}
                ORDER BY id {db.Dialect.Page("0", "1")}
                """,
                new { backEnd.Council, backEnd.Name });
            if (next is null)
                return null;

            if (next.ReadsStarted >= MaxReads)
            {
                await db.ExecuteAsync(
                    $"UPDATE document SET state = {DocumentStates.Unreadable}, claimed = 0, cause = @cause WHERE id = @Id AND claimed < @before",
                    new
                    {
                        next.Id,
                        cause = $"Reading was started {MaxReads} times and never finished: the gateway process exited each time, or reading takes too long.",
                        before = now - options.Value.Within.Ms(),
                    });
                return null;
            }

            // A document that is read again keeps its original value.
            var baseline = next is { Attempts: 0, ReadsStarted: 0, Again: false }
                ? await db.ScalarAsync<long>(
                    "SELECT COUNT(*) FROM document_source WHERE council = @Council AND backend = @BackEnd AND source = @Source",
                    new { next.Council, next.BackEnd, next.Source }) == 0
                : next.Baseline;
            var taken = await db.ExecuteAsync(
                $"""
                UPDATE document SET claimed = @now, claimed_by = @me, reads_started = reads_started + 1, baseline = @baseline
                WHERE id = @Id AND state = {DocumentStates.Waiting} AND due <= @now AND claimed < @before
                """,
                new { next.Id, now, me = nodes.Current, baseline, before = now - options.Value.Within.Ms() });
            return taken == 0 ? null : next with { Baseline = baseline, Claim = now };
        },
        ct);

    /// <summary>Releases documents whose reading processes are gone, so that they can be read again immediately.</summary>
    public async Task ReleaseAsync(CancellationToken ct)
    {
        var readers = await database.ReadAsync(
            db => db.ListAsync<string>($"SELECT DISTINCT claimed_by FROM document WHERE state = {DocumentStates.Waiting} AND claimed > 0"), ct);
        foreach (var gone in (await nodes.FindGoneAsync(readers, ct)).Chunk(DbSession.MaxList))
            await database.WriteAsync(
                db => db.ExecuteAsync($"UPDATE document SET claimed = 0 WHERE state = {DocumentStates.Waiting} AND claimed_by IN @gone", new { gone }), ct);
    }

    /// <summary>Returns the back ends with waiting documents.</summary>
    public Task<List<(string Council, string BackEnd)>> WaitingAsync(CancellationToken ct) =>
        database.ReadAsync(db => db.ListAsync<(string, string)>($"SELECT DISTINCT council, backend FROM document WHERE state = {DocumentStates.Waiting}"), ct);

    /// <summary>Deletes the problems of earlier attempts.</summary>
    public Task BeginAsync(DocumentRow document, CancellationToken ct) =>
        database.WriteAsync(db => db.ExecuteAsync("DELETE FROM document_problem WHERE document_id = @Id", new { document.Id }), ct);

    public Task AddProblemsAsync(DocumentRow document, IReadOnlyList<(int Number, int Row, string Problem)> problems, CancellationToken ct) =>
        database.WriteAsync(
            async db =>
            {
                await db.EachAsync(
                    "INSERT INTO document_problem (document_id, number, row, problem) VALUES (@document, @number, @row, @problem)",
                    problems,
                    (insert, p) =>
                        insert.Set("@document", document.Id).Set("@number", p.Number).Set("@row", p.Row).Set("@problem", StoredText.Truncate(p.Problem)));
                return 0;
            },
            ct);

    /// <summary>Records that a document has been read completely, unless an operator has requested in the meantime that it be read again.</summary>
    public Task ReadAsync(DocumentRow document, ReadCounts counts, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            await db.ExecuteAsync(
                $"""
                UPDATE document SET state = {DocumentStates.Read}, again = 0, claimed = 0, reads_started = 0, read_at = @now, valid = @Valid, added = @Inserted,
                    invalid = @Invalid, cause = ''
                WHERE id = @Id AND claimed = @Claim AND claimed_by = @me
                """,
                new { document.Id, document.Claim, me = nodes.Current, now, counts.Valid, counts.Inserted, counts.Invalid });
            // Later documents of the source that were held for the same reason may be known now.
            if (document.Decision != DocumentDecision.None)
                await db.ExecuteAsync(
                    $"""
                    UPDATE document SET state = {DocumentStates.Waiting}, cause = '', due = @now
                    WHERE council = @Council AND backend = @BackEnd AND source = @Source AND state = {DocumentStates.Held}
                    """,
                    new { document.Council, document.BackEnd, document.Source, now });
            return await db.ExecuteAsync(
                """
                INSERT INTO document_source (council, backend, source, since) SELECT @Council, @BackEnd, @Source, @now
                WHERE NOT EXISTS (SELECT 1 FROM document_source WHERE council = @Council AND backend = @BackEnd AND source = @Source)
                """,
                new { document.Council, document.BackEnd, document.Source, now });
        },
        ct);

    /// <summary>Holds a document until an operator decides about it. Later documents are read.</summary>
    public Task HoldAsync(DocumentRow document, long rows, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            $"""
            UPDATE document SET state = {DocumentStates.Held}, claimed = 0, reads_started = 0, read_at = @now, valid = @rows, cause = @cause
            WHERE id = @Id AND claimed = @Claim AND claimed_by = @me
            """,
            new
            {
                document.Id,
                document.Claim,
                me = nodes.Current,
                now = time.NowMs(),
                rows,
                cause = $"All {rows} rows look new, although most of them describe known events. The format of the file may have changed.",
            }),
        ct);

    /// <summary>Stores an operator's decision about a held document, in the transaction of the caller.</summary>
    /// <returns>Whether the document was held.</returns>
    public static async Task<bool> DecideAsync(DbSession db, long id, DocumentDecision decision, long now) => await db.ExecuteAsync(
        $"""
        UPDATE document SET state = {DocumentStates.Waiting}, decision = @decision, due = @now, claimed = 0, attempts = 0, cause = ''
        WHERE id = @id AND state = {DocumentStates.Held}
        """,
        new { id, decision = (int)decision, now }) > 0;

    /// <summary>Records that reading a document failed, permanently or until the next attempt.</summary>
    /// <returns>Whether it failed permanently, so that it no longer blocks later documents.</returns>
    public async Task<bool> FailAsync(DocumentRow document, DocumentFailure failure, string cause, CancellationToken ct)
    {
        var attempts = document.Attempts + (failure == DocumentFailure.NotCounted ? 0 : 1);
        var ended = failure == DocumentFailure.Permanent || attempts >= MaxAttempts;
        await database.WriteAsync(
            db => db.ExecuteAsync(
                """
                UPDATE document SET state = @state, attempts = @attempts, reads_started = 0, claimed = 0, due = @due, read_at = @now, cause = @cause
                WHERE id = @Id AND claimed = @Claim AND claimed_by = @me
                """,
                new
                {
                    document.Id,
                    document.Claim,
                    me = nodes.Current,
                    state = (int)(ended ? DocumentState.Unreadable : DocumentState.Waiting),
                    attempts,
                    due = time.NowMs() + RetryAfter.Ms(),
                    now = time.NowMs(),
                    cause = StoredText.Truncate(cause),
                }),
            ct);
        return ended;
    }

    /// <summary>Schedules a document to be read again, for example after the council's rules have been corrected.</summary>
    /// <returns>Whether the document exists and can be read again.</returns>
    public async Task<bool> ReadAgainAsync(long id, CancellationToken ct) => await database.WriteAsync(
        db => db.ExecuteAsync(
            $"""
            UPDATE document SET state = {DocumentStates.Waiting}, again = 1, due = @due, claimed = 0, attempts = 0, reads_started = 0, cause = ''
            WHERE id = @id AND state IN ({DocumentStates.Waiting}, {DocumentStates.Read}, {DocumentStates.Unreadable})
            """,
            new { id, due = time.NowMs() + AfterAnEdit.Ms() }),
        ct) > 0;

    /// <summary>Returns documents, the newest first; with <paramref name="before"/> only those with a lower id.</summary>
    public Task<List<DocumentRow>> ListAsync(string? council, int count, CancellationToken ct, long? before = null) => database.ReadAsync(
        db => db.ListAsync<DocumentRow>(
            $"""
            SELECT {Columns} FROM document WHERE state > {DocumentStates.Arriving} AND (@council IS NULL OR council = @council) AND id < @before
            ORDER BY id DESC {db.Dialect.Page("0", "@count")}
            """,
            new { council, count, before = before ?? long.MaxValue }),
        ct);

    public async Task<(DocumentRow Document, List<ProblemRow> Problems)?> ShowAsync(long id, CancellationToken ct) =>
        await database.ReadAsync<(DocumentRow, List<ProblemRow>)?>(
            async db => await db.FirstAsync<DocumentRow>(
                $"SELECT {Columns} FROM document WHERE id = @id AND state > {DocumentStates.Arriving}", new { id }) is { } document
                ? (document,
                    await db.ListAsync<ProblemRow>(
                        "SELECT row AS Row, problem AS Problem FROM document_problem WHERE document_id = @id ORDER BY number", new { id }))
                : null,
            ct);
}

/// <summary>How a failure to read a document is treated.</summary>
internal enum DocumentFailure
{
    /// <summary>The document cannot be read and is not retried.</summary>
    Permanent,

    /// <summary>Reading is retried. After several such failures, the document is treated as unreadable.</summary>
    Counted,

    /// <summary>The adapter was unavailable. Reading is retried without limit.</summary>
    NotCounted,
}

/// <summary>The numbers of updates in a document.</summary>
internal sealed record ReadCounts(long Valid, long Inserted, long Invalid)
{
    /// <summary>Whether nothing was stored, because all rows look new.</summary>
    public bool IsHeld { get; init; }
}

/// <summary>A row that could not be used.</summary>
internal sealed class ProblemRow
{
    public long Row { get; init; }

    public string Problem { get; init; } = "";
}
