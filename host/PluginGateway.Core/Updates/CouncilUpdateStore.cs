using System.Globalization;
using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Stores and serves council updates. Each update is stored once, with two times. It is served with the time of receipt, so that a client that asks
/// for one window after another never misses a late update. Only updates that predate the first collection are served with the time at which they
/// occurred, as a client of the council itself would have received them.
/// </summary>
internal sealed class CouncilUpdateStore(IDatabase database, ServedTimes servedTimes, TimeProvider time)
{
    public const string Served = """
        SELECT u.id AS Id, u.backend AS BackEnd, u.served AS Served, u.late AS Late, u.payload AS Payload,
            CASE WHEN u.public_id <> '' THEN u.public_id ELSE COALESCE(v.public_id, v.own_id) END AS PublicId,
            COALESCE(r.id, 0) AS ReportId, COALESCE(r.private, 0) AS Private, COALESCE(r.client_id, 0) AS ClientId
        FROM council_update u
            LEFT JOIN report_alias a ON a.council = u.council AND a.backend = u.backend AND a.id_key = u.case_key
            LEFT JOIN report_revision v ON v.id = a.report_id + a.revision - 1
            LEFT JOIN report r ON r.id = COALESCE(a.report_id, u.report_id)
        WHERE u.council = @council AND u.served >= @from AND u.served < @until AND (u.served > @from OR u.id > @after) ORDER BY u.served, u.id
        """;

    private const long Minute = 60_000;

    /// <summary>The number of keys in one query, well below the 2,100 parameters that SQL Server allows.</summary>
    private const int MaxKeys = 500;
    private const long Resolvable = 24 * 60 * Minute;

    /// <summary>
    /// Adds updates of a back end. Updates that are already stored are not added again. An update that was not read from a document, and has the id of a
    /// stored one but another state or text, is a new update with a derived id, because clients ignore an update whose id they know.
    /// </summary>
    /// <param name="backEnd">The back end.</param>
    /// <param name="updates">The updates, in the order in which they were received.</param>
    /// <param name="baseline">Whether this is the first collection from the source.</param>
    /// <param name="documentId">The document that contains the updates; 0 for none.</param>
    /// <param name="again">Whether the document is read again, so that stored updates are corrected.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    /// <returns>The number of new updates.</returns>
    public Task<int> AddAsync(BackEnd backEnd, IReadOnlyList<CouncilUpdate> updates, bool baseline, long documentId, bool again, CancellationToken ct)
    {
        // Oldest first, so that the newest state of a case is served last. The sort is stable: updates of the same minute keep their order.
        var rows = updates.OrderBy(u => u.OccurredAt).Select(u => CouncilUpdateRow.Of(u)).ToList();
        return database.WriteAsync(
            async db =>
            {
                await LockAsync(db, backEnd);
                var now = time.NowMs();
                var since = baseline ? await SinceAsync(db, backEnd, now) : 0;
                // A time in the future comes from a clock that is ahead or from a typing error. It must not make later updates count as late.
                var at = await servedTimes.NextAsync(db, backEnd.Council, now);
                var clamped = rows.ConvertAll(r => r.Occurred > now ? r with { Occurred = now } : r);
                // Only updates from before the first collection are history; later ones belong to windows that clients ask for regularly.
                var added = await db.EachAsync(
                    db.Dialect.AddCouncilUpdate, clamped, (s, row) => Set(s, backEnd, row, baseline && row.Occurred < since, documentId, (now, at)));
                var (changed, known) = (new List<CouncilUpdateRow>(), new List<CouncilUpdateRow>());
                for (var i = 0; i < added.Length; i++)
                    (added[i] > 0 || (again && await CorrectAsync(db, backEnd, clamped[i]) > 0) ? changed : known).Add(clamped[i]);
                // The updates in a document follow from the rules in the council file, so another content may only mean that a rule was edited.
                if (documentId == 0 && known.Count > 0)
                    changed.AddRange(await AddChangedAsync(
                        db, backEnd, known, (s, row) => Set(s, backEnd, row, baseline && row.Occurred < since, documentId, (now, at))));
                foreach (var picture in changed.SelectMany(r => r.Pictures).DistinctBy(p => p.Name))
                    await UpdatePictures.AddAsync(db, backEnd.Council, picture, now);
                await UpdateReportsAsync(db, backEnd, changed.Select(r => new StatusRow(r.CaseKey, r.Status, r.Occurred)), now);
                if (baseline && clamped.Count > 0)
                    await CouncilUpdateMarks.MoveBackAsync(db, backEnd.Council, clamped.Min(r => r.Occurred));
                return again ? added.Sum() : changed.Count;
            },
            ct);
    }

    /// <summary>
    /// Adds those of the known updates whose state or text differs from the latest stored one with the same id. Returns what was added.
    /// </summary>
    private static async Task<IEnumerable<CouncilUpdateRow>> AddChangedAsync(
        DbSession db, BackEnd backEnd, IReadOnlyList<CouncilUpdateRow> known, Func<PreparedStatement, CouncilUpdateRow, PreparedStatement> set)
    {
        var changed = new List<CouncilUpdateRow>();
        foreach (var batch in known.Chunk(MaxKeys))
        {
            var stored = (await db.ListAsync<StoredRow>(
                "SELECT update_key AS UpdateKey, payload AS Payload FROM council_update WHERE council = @Council AND backend = @Name AND update_key IN @keys",
                new { backEnd.Council, backEnd.Name, keys = batch.Select(r => r.UpdateKey).DistinctBy(Convert.ToHexString).ToList() }))
                .ToDictionary(r => Convert.ToHexString(r.UpdateKey), r => r.Payload, StringComparer.Ordinal);
            foreach (var row in batch)
                // Almost all updates that are read again are identical. The content of some has been deleted.
                if (stored.TryGetValue(Convert.ToHexString(row.UpdateKey), out var payload)
                    && payload.Length > 0 && !payload.AsSpan().SequenceEqual(row.Payload)
                    && await IsChangedAsync(db, backEnd, row, payload, changed))
                    changed.Add(row);
        }

        var rows = changed.ConvertAll(r => (Origin: r.UpdateKey, Row: r.WithDerivedId()));
        var added = await db.EachAsync(db.Dialect.AddCouncilUpdate, rows.ConvertAll(r => r.Row), set);
        var fresh = rows.Where((_, i) => added[i] > 0).ToList();
        await db.EachAsync(
            "INSERT INTO update_variant (council, backend, origin_key, update_key) VALUES (@council, @backend, @origin, @key)",
            fresh,
            (insert, r) => insert.Set("@council", backEnd.Council).Set("@backend", backEnd.Name).Set("@origin", r.Origin).Set("@key", r.Row.UpdateKey));
        return fresh.Select(r => r.Row);
    }

    /// <summary>Whether an update differs from the latest of those with its id, and is not itself one of them.</summary>
    private static async Task<bool> IsChangedAsync(DbSession db, BackEnd backEnd, CouncilUpdateRow row, byte[] first, List<CouncilUpdateRow> changed)
    {
        var variants = await db.ListAsync<StoredRow>(
            """
            SELECT u.payload AS Payload FROM update_variant v
                JOIN council_update u ON u.council = v.council AND u.backend = v.backend AND u.update_key = v.update_key
            WHERE v.council = @Council AND v.backend = @Name AND v.origin_key = @UpdateKey ORDER BY u.id
            """,
            new { backEnd.Council, backEnd.Name, row.UpdateKey });
        var same = variants.Select(v => v.Payload).Prepend(first).Where(p => p.Length > 0)
            .Select(p => JsonSerializer.Deserialize(p, ReportJson.Default.StoredCouncilUpdate)!.ToUpdate())
            .Concat(changed.Where(c => c.Update.UpdateId == row.Update.UpdateId).Select(c => c.Update)).ToList();
        return !same.Exists(u => HasSameContent(u, row.Update) && u.OccurredAt == row.Update.OccurredAt)
            && !HasSameContent(same.OrderBy(u => u.OccurredAt).Last(), row.Update);
    }

    private static bool HasSameContent(CouncilUpdate a, CouncilUpdate b) =>
        (a.Status, a.ExternalStatusCode, a.Description) == (b.Status, b.ExternalStatusCode, b.Description);

    /// <summary>
    /// Returns how many of the updates are stored under their ids, and which of the others describe an event that is stored under another id: the same case
    /// at the same time.
    /// </summary>
    public Task<(int Known, IReadOnlySet<CouncilUpdate> Events)> FindKnownAsync(BackEnd backEnd, IReadOnlyList<CouncilUpdate> updates, CancellationToken ct) =>
        database.ReadAsync<(int, IReadOnlySet<CouncilUpdate>)>(
            async db =>
            {
                var (known, events) = (0, new HashSet<CouncilUpdate>(ReferenceEqualityComparer.Instance));
                foreach (var batch in updates.Chunk(MaxKeys))
                {
                    var rows = batch.Select(u => (Update: u, Row: CouncilUpdateRow.Of(u))).ToList();
                    var ids = (await db.ListAsync<EventRow>(
                        "SELECT update_key AS EventKey FROM council_update WHERE council = @Council AND backend = @Name AND update_key IN @keys",
                        new { backEnd.Council, backEnd.Name, keys = Distinct(rows.Select(r => r.Row.UpdateKey)) }))
                        .Select(r => Convert.ToHexString(r.EventKey)).ToHashSet(StringComparer.Ordinal);
                    var stored = (await db.ListAsync<EventRow>(
                        """
                        SELECT case_key AS EventKey, occurred AS Occurred FROM council_update
                        WHERE council = @Council AND backend = @Name AND case_key IN @keys
                        """,
                        new { backEnd.Council, backEnd.Name, keys = Distinct(rows.Select(r => r.Row.CaseKey)) }))
                        .Select(r => (Convert.ToHexString(r.EventKey), r.Occurred)).ToHashSet();
                    foreach (var (update, row) in rows)
                        if (ids.Contains(Convert.ToHexString(row.UpdateKey)))
                            known++;
                        else if (stored.Contains((Convert.ToHexString(row.CaseKey), row.Occurred)))
                            events.Add(update);
                }

                return (known, events);
            },
            ct);

    /// <summary>Stores the ids of updates that are already known under other ids, so that they are recognised from now on and never served.</summary>
    public Task<int> AddKnownAsync(BackEnd backEnd, IReadOnlyList<CouncilUpdate> updates, long documentId, CancellationToken ct) => updates.Count == 0
        ? Task.FromResult(0)
        : database.WriteAsync(
            async db =>
            {
                await LockAsync(db, backEnd);
                var now = time.NowMs();
                var rows = updates.Select(u => CouncilUpdateRow.Of(u) with { Status = "unchanged", Payload = [] }).ToList();
                return (await db.EachAsync(
                    db.Dialect.AddCouncilUpdate, rows, (s, row) => Set(s, backEnd, row, baseline: true, documentId, (now, row.Occurred)))).Sum();
            },
            ct);

    /// <summary>Records when a back end was first polled. Updates that occurred before are served as history.</summary>
    public Task RecordFirstPollAsync(BackEnd backEnd, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            """
            INSERT INTO document_source (council, backend, source, since) SELECT @Council, @Name, '', @now
            WHERE NOT EXISTS (SELECT 1 FROM document_source WHERE council = @Council AND backend = @Name AND source = '')
            """,
            new { backEnd.Council, backEnd.Name, now = time.NowMs() }),
        ct);

    /// <summary>
    /// Returns a page of the updates of a window in the order in which they are served, including those whose content has been deleted.
    /// </summary>
    /// <param name="council">The council.</param>
    /// <param name="start">The beginning of the window.</param>
    /// <param name="end">The end of the window, which includes its second.</param>
    /// <param name="last">The last update of the previous page; null for the first page.</param>
    /// <param name="count">The maximum number of updates.</param>
    /// <param name="ct">Cancels the read.</param>
    public Task<List<ServedRow>> ServedAsync(
        string council, DateTimeOffset start, DateTimeOffset end, ServedRow? last, int count, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<ServedRow>(
            $"{Served} {db.Dialect.Page("0", "@count")}",
            new
            {
                council,
                from = last?.Served ?? start.ToUnixTimeMilliseconds(),
                until = end.ToUnixTimeMilliseconds() + 1_000,
                after = last?.Id ?? 0,
                count,
            }),
        ct);

    /// <summary>Returns all updates of a short window, without those whose content has been deleted.</summary>
    public async Task<List<ServedRow>> ServedAsync(string council, DateTimeOffset start, DateTimeOffset end, CancellationToken ct) =>
        (await ServedAsync(council, start, end, last: null, int.MaxValue, ct)).FindAll(r => r.Payload.Length > 0);

    /// <summary>Applies updates to reports whose case ids became known only after the updates were received.</summary>
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
                    await LockAsync(db, backEnd);
                    await UpdateReportsAsync(
                        db, backEnd,
                        rows.Select(r => new StatusRow(r.CaseKey, r.Status, r.Occurred)),
                        now);
                    return 0;
                },
                ct);
    }

    /// <summary>Locks the back end, so that when two hosts add its updates at the same time, the second one sees what the first one stored.</summary>
    private static Task LockAsync(DbSession db, BackEnd backEnd) => db.LockAsync(
        "UPDATE document_source SET since = since WHERE council = @Council AND backend = @Name AND source = ''", new { backEnd.Council, backEnd.Name });

    /// <summary>
    /// Sets the values of a row that is inserted unless its id is known. When two updates of a case would be served with the same second, the later one is
    /// served one second later, because clients ignore an update that is not newer than the last one.
    /// </summary>
    private static PreparedStatement Set(
        PreparedStatement insert, BackEnd backEnd, CouncilUpdateRow row, bool baseline, long documentId, (long Now, long Served) times)
    {
        var at = baseline ? row.Occurred : times.Served;
        return insert
            .Set("@council", backEnd.Council)
            .Set("@backend", backEnd.Name)
            .Set("@key", row.UpdateKey)
            .Set("@case", row.CaseKey)
            .Set("@status", row.Status)
            .Set("@occurred", row.Occurred)
            .Set("@now", times.Now)
            .Set("@at", at)
            .Set("@until", baseline ? at + Minute : long.MaxValue)
            .Set("@baseline", baseline)
            .Set("@document", documentId)
            .Set("@payload", row.Payload);
    }

    /// <summary>Sets the status of reports to that of the newest update of their latest case.</summary>
    private static ValueTask<int[]> UpdateReportsAsync(DbSession db, BackEnd backEnd, IEnumerable<StatusRow> rows, long now) => db.EachAsync(
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

    private sealed record StatusRow(byte[] CaseKey, string Status, long Occurred);

    private sealed record CouncilUpdateRow
    {
        public required byte[] UpdateKey { get; init; }

        public required byte[] CaseKey { get; init; }

        public required string Status { get; init; }

        public required long Occurred { get; init; }

        public required byte[] Payload { get; init; }

        public required CouncilUpdate Update { get; init; }

        public IReadOnlyList<UpdatePicture> Pictures { get; init; } = [];

        public static CouncilUpdateRow Of(CouncilUpdate given)
        {
            var (update, pictures) = UpdatePictures.Extract(given);
            return new CouncilUpdateRow
            {
                UpdateKey = IdKey.Of(update.UpdateId),
                // A case without a back-end id is identified by the client's reference.
                CaseKey = IdKey.Of(update.BackEndId.Length > 0 ? update.BackEndId : "ref:" + update.Reference),
                Status = update.Status,
                Occurred = update.OccurredAt.ToUnixTimeMilliseconds(),
                Payload = JsonSerializer.SerializeToUtf8Bytes(StoredCouncilUpdate.Of(update), ReportJson.Default.StoredCouncilUpdate),
                Update = update,
                Pictures = pictures,
            };
        }

        /// <summary>Returns the update with an id derived from its content, so that the same change always has the same id.</summary>
        public CouncilUpdateRow WithDerivedId()
        {
            var hash = ContentHash.Of(
                Update.Status, Update.ExternalStatusCode, Update.Description, Update.OccurredAt.ToString("O", CultureInfo.InvariantCulture));
            return Of(Update with { UpdateId = $"{Update.UpdateId}-{hash}" }) with { Occurred = Occurred, Pictures = Pictures };
        }
    }

    private static List<byte[]> Distinct(IEnumerable<byte[]> keys) => [.. keys.DistinctBy(Convert.ToHexString, StringComparer.Ordinal)];

    private sealed class EventRow
    {
        public byte[] EventKey { get; init; } = [];

        public long Occurred { get; init; }
    }

    private sealed class StoredRow
    {
        public byte[] UpdateKey { get; init; } = [];

        public byte[] Payload { get; init; } = [];
    }

    private sealed class UnresolvedRow
    {
        public byte[] CaseKey { get; init; } = [];

        public string Status { get; init; } = "";

        public long Occurred { get; init; }
    }
}
