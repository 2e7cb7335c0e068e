using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// News about reports, as councils tell it. Each is kept once, with both of its times. It is shown under the time it was learned, so that a
/// client that asks window by window never misses what came late; only what was there at the very first look is shown under the time it
/// happened, as a client that asked the council itself would have seen it.
/// </summary>
internal sealed class CouncilUpdateStore(IDatabase database, IOptions<UpdatesOptions> options, TimeProvider time)
{
    public const string Served = """
        SELECT u.backend AS BackEnd, u.served AS Served, u.late AS Late, u.payload AS Payload,
            CASE WHEN u.public_id <> '' THEN u.public_id ELSE COALESCE(v.public_id, v.own_id) END AS PublicId
        FROM council_update u
            LEFT JOIN report_alias a ON a.council = u.council AND a.backend = u.backend AND a.id_key = u.case_key
            LEFT JOIN report_revision v ON v.id = a.report_id + a.revision - 1
        WHERE u.council = @council AND u.served >= @from AND u.served < @until ORDER BY u.served, u.id
        """;

    private const long Minute = 60_000;
    private const long Resolvable = 24 * 60 * Minute;

    /// <summary>Adds news of a back end; what is known already is not added again.</summary>
    /// <param name="backEnd">Whose it is.</param>
    /// <param name="updates">The news, in the order it was told.</param>
    /// <param name="baseline">Whether it is what was there at the first look.</param>
    /// <param name="documentId">The document it stands in; 0 for none.</param>
    /// <param name="again">Whether that is read again: then what was known is corrected.</param>
    /// <param name="ct">Cancels before the write began.</param>
    /// <returns>How much of it was new.</returns>
    public Task<int> AddAsync(BackEnd backEnd, IReadOnlyList<CouncilUpdate> updates, bool baseline, long documentId, bool again, CancellationToken ct)
    {
        // Oldest first, so that the newest state of a case is the last one shown. The sort is stable: news of the same minute keeps its order.
        var rows = updates.OrderBy(u => u.OccurredAt).Select(u => CouncilUpdateRow.Of(u)).ToList();
        return database.WriteAsync(
            async db =>
            {
                await TakeTurnAsync(db, backEnd);
                var now = time.NowMs();
                var since = baseline ? await SinceAsync(db, backEnd, now) : 0;
                // A clock ahead of ours, or a slip of the pen: no later news may ever be late because of it.
                var known = rows.ConvertAll(r => r.Occurred > now ? r with { Occurred = now } : r);
                // Since the gateway looks, clients look too: only what was before that is history.
                var added = await db.EachAsync(
                    db.Dialect.AddCouncilUpdate, known, (s, row) => Set(s, backEnd, row, baseline && row.Occurred < since, documentId, now));
                var telling = new List<CouncilUpdateRow>();
                for (var i = 0; i < added.Length; i++)
                    if (added[i] > 0 || (again && await CorrectAsync(db, backEnd, known[i]) > 0))
                        telling.Add(known[i]);
                await UpdateReportsAsync(db, backEnd, telling, now);
                if (baseline && known.Count > 0)
                    await CouncilUpdateMarks.OlderAsync(db, backEnd.Council, known.Min(r => r.Occurred));
                return added.Sum();
            },
            ct);
    }

    /// <summary>Notes when a back end was looked at first: what happened before that is history, and told as such.</summary>
    public Task RecordFirstPollAsync(BackEnd backEnd, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            """
            INSERT INTO document_source (council, backend, source, since) SELECT @Council, @Name, '', @now
            WHERE NOT EXISTS (SELECT 1 FROM document_source WHERE council = @Council AND backend = @Name AND source = '')
            """,
            new { backEnd.Council, backEnd.Name, now = time.NowMs() }),
        ct);

    /// <summary>What a client sees of a window, in the order of the times it is shown under; what was kept long enough is empty, and not shown.</summary>
    public async Task<List<ServedRow>> ServedAsync(string council, DateTimeOffset start, DateTimeOffset end, CancellationToken ct) => (await database.ReadAsync(
        db => db.ListAsync<ServedRow>(
            Served,
            new { council, from = start.ToUnixTimeMilliseconds(), until = end.ToUnixTimeMilliseconds() + 1_000 }),
        ct)).FindAll(r => r.Payload.Length > 0);

    /// <summary>Finds the reports of news that was told before the gateway knew their cases: the news was quicker than the answer.</summary>
    public async Task ResolveAsync(BackEnd backEnd, CancellationToken ct)
    {
        var now = time.NowMs();
        var rows = await database.ReadAsync(
            db => db.ListAsync<UnresolvedRow>(
                """
                SELECT u.case_key AS CaseKey, u.status AS Status, u.occurred AS Occurred FROM council_update u
                JOIN report_alias a ON a.council = u.council AND a.backend = u.backend AND a.id_key = u.case_key
                JOIN report r ON r.id = a.report_id
                WHERE u.council = @Council AND u.served >= @since AND u.backend = @Name AND u.received >= @since AND r.status = 'open'
                    AND r.status <> u.status ORDER BY u.occurred
                """,
                new { backEnd.Council, backEnd.Name, since = now - Resolvable }),
            ct);
        if (rows.Count > 0)
            await database.WriteAsync(
                async db =>
                {
                    await TakeTurnAsync(db, backEnd);
                    await UpdateReportsAsync(
                        db, backEnd,
                        rows.Select(r => new CouncilUpdateRow { UpdateKey = [], CaseKey = r.CaseKey, Status = r.Status, Occurred = r.Occurred, Payload = [] }),
                        now);
                    return 0;
                },
                ct);
    }

    /// <summary>Of two hosts that have news of one back end, one from a file, the later one sees what the other told.</summary>
    private static Task TakeTurnAsync(DbSession db, BackEnd backEnd) => db.LockAsync(
        "UPDATE document_source SET since = since WHERE council = @Council AND backend = @Name AND source = ''", new { backEnd.Council, backEnd.Name });

    /// <summary>
    /// The values of a row that is inserted unless its id is known. Of two rows of a case that would be shown at the same second the later
    /// comes one second after: clients drop news that is not newer than the last.
    /// </summary>
    private PreparedStatement Set(PreparedStatement insert, BackEnd backEnd, CouncilUpdateRow row, bool baseline, long documentId, long now)
    {
        var at = baseline ? row.Occurred : now + options.Value.ServeAfter.Ms();
        return insert
            .Set("@council", backEnd.Council)
            .Set("@backend", backEnd.Name)
            .Set("@key", row.UpdateKey)
            .Set("@case", row.CaseKey)
            .Set("@status", row.Status)
            .Set("@occurred", row.Occurred)
            .Set("@now", now)
            .Set("@at", at)
            .Set("@until", baseline ? at + Minute : long.MaxValue)
            .Set("@baseline", baseline)
            .Set("@document", documentId)
            .Set("@payload", row.Payload);
    }

    /// <summary>The reports show the state of the newest news about their latest case.</summary>
    private static ValueTask<int[]> UpdateReportsAsync(DbSession db, BackEnd backEnd, IEnumerable<CouncilUpdateRow> rows, long now) => db.EachAsync(
        """
        UPDATE report SET status = @status, updated = @now
        WHERE id = (SELECT a.report_id FROM report_alias a WHERE a.council = @council AND a.backend = @backend AND a.id_key = @case)
            AND revision = (SELECT a.revision FROM report_alias a WHERE a.council = @council AND a.backend = @backend AND a.id_key = @case)
            AND status <> @status
            AND NOT EXISTS (SELECT 1 FROM council_update u
                WHERE u.council = @council AND u.backend = @backend AND u.case_key = @case AND u.occurred > @occurred AND u.status <> 'unchanged')
        """,
        rows.Where(r => r.Status != "unchanged").ToList(),
        (update, row) => update
            .Set("@status", row.Status)
            .Set("@now", now)
            .Set("@council", backEnd.Council)
            .Set("@backend", backEnd.Name)
            .Set("@case", row.CaseKey)
            .Set("@occurred", row.Occurred));

    private static async Task<long> SinceAsync(DbSession db, BackEnd backEnd, long now) =>
        await db.ScalarAsync<long?>(
            "SELECT since FROM document_source WHERE council = @Council AND backend = @Name AND source = ''", new { backEnd.Council, backEnd.Name }) ?? now;

    private static Task<int> CorrectAsync(DbSession db, BackEnd backEnd, CouncilUpdateRow row) => db.ExecuteAsync(
        $"""
        UPDATE council_update SET status = @Status, occurred = @Occurred, payload = @Payload
        WHERE council = @Council AND backend = @Name AND update_key = @UpdateKey AND payload <> @Payload AND {db.Dialect.Length("payload")} > 0
        """,
        new { row.Status, row.Occurred, row.Payload, backEnd.Council, backEnd.Name, row.UpdateKey });

    private sealed record CouncilUpdateRow
    {
        public required byte[] UpdateKey { get; init; }

        public required byte[] CaseKey { get; init; }

        public required string Status { get; init; }

        public required long Occurred { get; init; }

        public required byte[] Payload { get; init; }

        public static CouncilUpdateRow Of(CouncilUpdate update) => new()
        {
            UpdateKey = IdKey.Of(update.UpdateId),
            // A case that the back end knows only by the client's reference is a case of its own too.
            CaseKey = IdKey.Of(update.BackEndId.Length > 0 ? update.BackEndId : "ref:" + update.Reference),
            Status = update.Status,
            Occurred = update.OccurredAt.ToUnixTimeMilliseconds(),
            Payload = JsonSerializer.SerializeToUtf8Bytes(StoredCouncilUpdate.Of(update), ReportJson.Default.StoredCouncilUpdate),
        };
    }

    private sealed class UnresolvedRow
    {
        public byte[] CaseKey { get; init; } = [];

        public string Status { get; init; } = "";

        public long Occurred { get; init; }
    }
}

/// <summary>News as it is shown.</summary>
internal sealed class ServedRow
{
    public string BackEnd { get; init; } = "";

    public long Served { get; init; }

    public bool Late { get; init; }

    /// <summary>The id its report was told under; null for a case that the gateway does not know.</summary>
    public string? PublicId { get; init; }

    public byte[] Payload { get; init; } = [];
}
