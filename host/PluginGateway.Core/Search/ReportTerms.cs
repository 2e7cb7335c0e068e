using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Search;

/// <summary>
/// The search terms of reports: at most 40 words of the description and address, the client's number, the service, the back ends that the report was
/// or is sent to, and ids with capitals and small letters. A term is stored as part of a hash that includes the council's name, so that the text of a
/// report cannot be read from its terms. The terms of words are deleted with the report's content. One host indexes reports some seconds after they
/// arrive, so that indexing does not slow down accepting.
/// </summary>
internal static class ReportTerms
{
    private const int MaxTerms = 40;
    private const int MaxTermLength = 64;

    /// <summary>Returns the distinct words of a text in lower case: sequences of at least two letters or digits.</summary>
    public static IReadOnlyList<string> Words(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var letter in text.Append(' '))
            if (char.IsLetterOrDigit(letter) && word.Length < MaxTermLength)
                word.Append(char.ToLowerInvariant(letter));
            else if (!char.IsLetterOrDigit(letter))
            {
                if (word.Length > 1)
                    words.Add(word.ToString());
                word.Clear();
            }

        return [.. words.Distinct(StringComparer.Ordinal)];
    }

    public static long OfWord(string council, string word) => Of($"{council}\n{word}");

    public static long OfService(string council, string code) => Of($"{council}\n\n{code}");

    public static long OfBackEnd(string council, string name) => Of($"{council}\n\n\n{name}");

    public static long OfId(string council, string id) => Of($"{council}\n\n\n\n{id.ToLowerInvariant()}");

    /// <summary>Adds ids with capitals and small letters, so that they are found however they are written.</summary>
    public static async Task AddIdsAsync(DbSession db, string council, IEnumerable<string> ids, long reportId)
    {
        foreach (var term in ids.Select(id => OfId(council, id)).Distinct())
            await db.ExecuteAsync(
                """
                INSERT INTO report_term (term, report_id) SELECT @term, @reportId
                WHERE NOT EXISTS (SELECT 1 FROM report_term WHERE term = @term AND report_id = @reportId)
                """,
                new { term, reportId });
    }

    /// <summary>Returns the terms of the words in a report's content.</summary>
    public static IEnumerable<long> OfContent(string council, StoredReport content) =>
        Words($"{content.Description} {content.Location.Address}").Take(MaxTerms).Select(w => OfWord(council, w));

    /// <summary>Removes the terms of the words of reports whose content is about to be deleted.</summary>
    public static async Task RemoveAsync(DbSession db, IReadOnlyList<long> reportIds)
    {
        foreach (var batch in reportIds.Chunk(100))
        {
            var rows = await db.ListAsync<TermRow>(
                """
                SELECT r.id AS ReportId, r.council AS Council, v.payload AS Payload FROM report r
                JOIN report_revision v ON v.id BETWEEN r.id AND r.id + 255 WHERE r.id IN @batch
                """,
                new { batch });
            await db.EachAsync(
                "DELETE FROM report_term WHERE term = @term AND report_id = @report",
                [.. rows.SelectMany(r => r.Words().Select(t => (Term: t, r.ReportId))).Distinct()],
                static (delete, t) => delete.Set("@term", t.Term).Set("@report", t.ReportId));
        }
    }

    /// <summary>Marks a report for indexing after its content has changed.</summary>
    public static Task MarkRevisedAsync(DbSession db, long reportId) => db.ExecuteAsync(
        "INSERT INTO report_term_due (report_id) SELECT @reportId WHERE NOT EXISTS (SELECT 1 FROM report_term_due WHERE report_id = @reportId)",
        new { reportId });

    /// <summary>Marks the reports of deliveries for indexing after the deliveries were rerouted.</summary>
    public static Task MarkReroutedAsync(DbSession db, IReadOnlyList<long> deliveryIds) => db.ExecuteAsync(
        """
        INSERT INTO report_term_due (report_id) SELECT DISTINCT d.report_id FROM delivery d
        WHERE d.id IN @deliveryIds AND NOT EXISTS (SELECT 1 FROM report_term_due u WHERE u.report_id = d.report_id)
        """,
        new { deliveryIds });

    private static long Of(string text) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    internal sealed class TermRow
    {
        public long ReportId { get; init; }

        public string Council { get; init; } = "";

        public string Service { get; init; } = "";

        public byte[] Payload { get; init; } = [];

        /// <summary>
        /// Returns no terms if the content has been deleted or cannot be parsed, so that such a report does not prevent other reports from
        /// being indexed or deleted.
        /// </summary>
        public IEnumerable<long> Words() => Content() is { } content ? OfContent(Council, content) : [];

        /// <summary>Returns the term of the client's number, which is kept when the content is deleted.</summary>
        public IEnumerable<long> Reference() => Content() is { Reference: { Length: > 0 } reference } ? [OfId(Council, reference)] : [];

        private StoredReport? Content()
        {
            try
            {
                return Payload.Length == 0 ? null : JsonSerializer.Deserialize(Payload, ReportJson.Default.StoredReport);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}

/// <summary>Indexes new and changed reports for search, on one host at a time.</summary>
internal sealed class ReportTermIndex(
    IDatabase database, LeaderLocks leaderLocks, IOptions<SearchOptions> options, TimeProvider time, ILogger<ReportTermIndex> log)
    : PeriodicWork(time, log)
{
    /// <summary>The checkpoint of the index: the id of the last report that was indexed.</summary>
    internal const string Checkpoint = "terms";

    /// <summary>The checkpoint of the back-fill that indexes the back ends of older reports.</summary>
    internal const string BackEndCheckpoint = "terms-backends";

    /// <summary>The checkpoint of the check for reports that became visible after later reports had been indexed.</summary>
    internal const string CheckCheckpoint = "terms-checked";

    private const int Batch = 200;

    /// <summary>The delay between two batches, which leaves the database free for other operations.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The age at which a report is indexed. A report that another host accepted can become visible later than a report with a higher id.
    /// Those that become visible even later are found by the check.
    /// </summary>
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The age at which a report is checked. By then, each commit has been answered or given up, and the clocks of hosts never differ by more than this.
    /// </summary>
    private static readonly TimeSpan CheckLag = TimeSpan.FromMinutes(15);

    protected override string Purpose => "Indexing reports for search";

    protected override TimeSpan Every => options.Value.IndexEvery;

    /// <summary>Indexes the next batch of reports.</summary>
    /// <returns>Whether there may be more reports to index.</returns>
    public async Task<bool> StepAsync(CancellationToken ct)
    {
        var before = Time.NowMs() - Lag.Ms();
        var (added, changed, older, isBehind) = await database.ReadAsync(
            async db =>
            {
                var (mark, filled) = (await Checkpoints.FindAsync(db, Checkpoint) ?? 0, await Checkpoints.FindAsync(db, BackEndCheckpoint) ?? 0);
                var next = (await db.ListAsync<NewRow>(
                    $"SELECT id AS Id, received AS Received FROM report WHERE id > @mark ORDER BY id {db.Dialect.Page("0", "@max")}",
                    new { mark, max = Batch }))
                    .TakeWhile(r => r.Received < before).Select(r => r.Id).ToList();
                var due = await db.ListAsync<long>(
                    $"SELECT report_id FROM report_term_due ORDER BY report_id {db.Dialect.Page("0", "@max")}", new { max = Batch });
                var old = filled < mark && next.Count < Batch
                    ? await db.ListAsync<long>(
                        $"SELECT id FROM report WHERE id > @filled AND id <= @mark ORDER BY id {db.Dialect.Page("0", "@max")}",
                        new { filled, mark, max = Batch })
                    : [];
                return (next, due, old, filled < mark);
            },
            ct);
        if (added.Count + changed.Count + older.Count == 0)
            return false;

        await database.WriteAsync(
            async db =>
            {
                // The content is read after the mark is deleted, so that a later change marks the report again. A change locks the report before its mark.
                if (changed.Count > 0)
                {
                    await db.LockAsync("UPDATE report SET revision = revision WHERE id IN @changed", new { changed });
                    await db.ExecuteAsync("DELETE FROM report_term_due WHERE report_id IN @again", new { again = changed });
                }

                await AddAsync(db, [.. added.Concat(changed).Distinct()], older);
                if (added.Count > 0)
                    await Checkpoints.SetAsync(db, Checkpoint, added[^1]);
                if (older.Count > 0)
                    await Checkpoints.SetAsync(db, BackEndCheckpoint, older[^1]);
                else if (added.Count > 0 && !isBehind)
                    await Checkpoints.SetAsync(db, BackEndCheckpoint, added[^1]);
                return 0;
            },
            ct);
        return true;
    }

    /// <summary>
    /// Indexes reports of the next batch that <see cref="StepAsync"/> missed: their commit was so late, or their host's clock so slow, that a report with a
    /// higher id was indexed before they were visible. Every indexed report has the term of its service.
    /// </summary>
    /// <returns>Whether there may be more reports to check.</returns>
    public async Task<bool> CheckAsync(CancellationToken ct)
    {
        var before = Time.NowMs() - CheckLag.Ms();
        var (rows, missed) = await database.ReadAsync(
            async db =>
            {
                var (indexed, mark) = (await Checkpoints.FindAsync(db, Checkpoint) ?? 0, await Checkpoints.FindAsync(db, CheckCheckpoint) ?? 0);
                var next = (await db.ListAsync<NewRow>(
                    $"""
                    SELECT id AS Id, received AS Received, council AS Council, service_code AS Service FROM report
                    WHERE id > @mark AND id <= @indexed ORDER BY id {db.Dialect.Page("0", "@max")}
                    """,
                    new { mark, indexed, max = Batch }))
                    .TakeWhile(r => r.Received < before).ToList();
                if (next.Count == 0)
                    return (next, []);

                var (ids, terms) = (next.ConvertAll(r => r.Id), next.Select(r => r.Term).Distinct().ToList());
                var known = await db.ListAsync<long>(
                    "SELECT report_id FROM report_term WHERE term IN @terms AND report_id IN @ids", new { terms, ids });
                return (next, ids.Except(known).ToList());
            },
            ct);
        if (rows.Count == 0)
            return false;

        await database.WriteAsync(
            async db =>
            {
                if (missed.Count > 0)
                    await AddAsync(db, missed, []);
                await Checkpoints.SetAsync(db, CheckCheckpoint, rows[^1].Id);
                return 0;
            },
            ct);
        return rows.Count == Batch;
    }

    private static async Task AddAsync(DbSession db, List<long> all, List<long> older)
    {
        var rows = all.Count == 0 ? [] : await db.ListAsync<ReportTerms.TermRow>(
            """
            SELECT r.id AS ReportId, r.council AS Council, r.service_code AS Service, v.payload AS Payload
            FROM report r JOIN report_revision v ON v.id = r.id + r.revision - 1 WHERE r.id IN @all
            """,
            new { all });
        var backEnds = new List<BackEndRow>();
        foreach (var batch in all.Concat(older).Distinct().Chunk(Batch))
            backEnds.AddRange(await db.ListAsync<BackEndRow>(
                """
                SELECT DISTINCT r.id AS ReportId, l.council AS Council, l.backend AS BackEnd FROM report r
                JOIN delivery d ON d.id BETWEEN r.id AND r.id + 255 JOIN lane l ON l.id = d.lane_id WHERE r.id IN @batch
                """,
                new { batch }));
        await db.EachAsync(
            """
            INSERT INTO report_term (term, report_id) SELECT @term, @report
            WHERE NOT EXISTS (SELECT 1 FROM report_term WHERE term = @term AND report_id = @report)
            """,
            [
                .. rows.SelectMany(r => r.Words().Concat(r.Reference()).Append(ReportTerms.OfService(r.Council, r.Service)).Select(t => (Term: t, r.ReportId)))
                    .Concat(backEnds.Select(b => (Term: ReportTerms.OfBackEnd(b.Council, b.BackEnd), b.ReportId))).Distinct(),
            ],
            static (insert, t) => insert.Set("@term", t.Term).Set("@report", t.ReportId));
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (await leaderLocks.TryHoldAsync("terms", stoppingToken))
            while (await StepAsync(stoppingToken) || await CheckAsync(stoppingToken))
                await Task.Delay(Pause, Time, stoppingToken);
    }

    private sealed class BackEndRow
    {
        public long ReportId { get; init; }

        public string Council { get; init; } = "";

        public string BackEnd { get; init; } = "";
    }

    private sealed class NewRow
    {
        public long Id { get; init; }

        public long Received { get; init; }

        public string Council { get; init; } = "";

        public string Service { get; init; } = "";

        public long Term => ReportTerms.OfService(Council, Service);
    }
}
