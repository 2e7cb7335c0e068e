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
/// By which words a report is found: at most 40 of its description and address, its service and the back ends it went or goes to. A word is stored as
/// a part of its hash, with the council's name in it, so that nothing of what people wrote can be read there; it goes when the report's content does.
/// Reports are taken in some seconds after they came, by one host for all, so that accepting does no work for it.
/// </summary>
internal static class ReportTerms
{
    private const int MaxTerms = 40;
    private const int MaxTermLength = 64;

    /// <summary>The words of a text that count: letters and digits, at least two, whatever their case.</summary>
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

    /// <summary>The terms of a report's content, by its words.</summary>
    public static IEnumerable<long> OfContent(string council, StoredReport content) =>
        Words($"{content.Description} {content.Location.Address}").Take(MaxTerms).Select(w => OfWord(council, w));

    /// <summary>The terms of contents that go, removed with them.</summary>
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

    /// <summary>A report has new content.</summary>
    public static Task RevisedAsync(DbSession db, long reportId) => db.ExecuteAsync(
        "INSERT INTO report_term_due (report_id) SELECT @reportId WHERE NOT EXISTS (SELECT 1 FROM report_term_due WHERE report_id = @reportId)",
        new { reportId });

    /// <summary>Deliveries go another way.</summary>
    public static Task MovedAsync(DbSession db, IReadOnlyList<long> deliveryIds) => db.ExecuteAsync(
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

        /// <summary>None of a content that is gone, or cannot be read: neither finding nor clearing others must fail because of it.</summary>
        public IEnumerable<long> Words()
        {
            try
            {
                return Payload.Length == 0 ? [] : [.. OfContent(Council, JsonSerializer.Deserialize(Payload, ReportJson.Default.StoredReport)!)];
            }
            catch (JsonException)
            {
                return [];
            }
        }
    }
}

/// <summary>Takes in what came, on one of the hosts.</summary>
internal sealed class ReportTermIndex(
    IDatabase database, LeaderLocks duties, IOptions<SearchOptions> options, TimeProvider time, ILogger<ReportTermIndex> log)
    : PeriodicWork(time, log)
{
    /// <summary>How far it is.</summary>
    internal const string Checkpoint = "terms";

    /// <summary>How far the back ends of reports are in that came before those were taken in.</summary>
    internal const string BackEndCheckpoint = "terms-backends";

    private const int Batch = 200;

    /// <summary>Between two batches, so that what comes meanwhile has the database for itself.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>A report that was begun earlier on another host may be seen later than one that was begun after it.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(10);

    protected override string Purpose => "Indexing reports for search";

    protected override TimeSpan Every => options.Value.IndexEvery;

    /// <summary>Takes in the next reports.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> StepAsync(CancellationToken ct)
    {
        var before = Time.NowMs() - Lag.Ms();
        var (fresh, again, older, isBehind) = await database.ReadAsync(
            async db =>
            {
                var (mark, filled) = (await Checkpoints.FindAsync(db, Checkpoint) ?? 0, await Checkpoints.FindAsync(db, BackEndCheckpoint) ?? 0);
                var next = (await db.ListAsync<NewRow>(
                    $"SELECT id AS Id, received AS Received FROM report WHERE id > @mark ORDER BY id {db.Dialect.Page("0", "@most")}",
                    new { mark, most = Batch }))
                    .TakeWhile(r => r.Received < before).Select(r => r.Id).ToList();
                var due = await db.ListAsync<long>(
                    $"SELECT report_id FROM report_term_due ORDER BY report_id {db.Dialect.Page("0", "@most")}", new { most = Batch });
                var old = filled < mark && next.Count < Batch
                    ? await db.ListAsync<long>(
                        $"SELECT id FROM report WHERE id > @filled AND id <= @mark ORDER BY id {db.Dialect.Page("0", "@most")}",
                        new { filled, mark, most = Batch })
                    : [];
                return (next, due, old, filled < mark);
            },
            ct);
        if (fresh.Count + again.Count + older.Count == 0)
            return false;

        await database.WriteAsync(
            async db =>
            {
                // Read only now: what is changed after this is due once more.
                if (again.Count > 0)
                    await db.ExecuteAsync("DELETE FROM report_term_due WHERE report_id IN @again", new { again });
                await AddAsync(db, [.. fresh.Concat(again).Distinct()], older);
                if (fresh.Count > 0)
                    await Checkpoints.SetAsync(db, Checkpoint, fresh[^1]);
                if (older.Count > 0)
                    await Checkpoints.SetAsync(db, BackEndCheckpoint, older[^1]);
                else if (fresh.Count > 0 && !isBehind)
                    await Checkpoints.SetAsync(db, BackEndCheckpoint, fresh[^1]);
                return 0;
            },
            ct);
        return true;
    }

    private static async Task AddAsync(DbSession db, List<long> all, List<long> older)
    {
        var rows = all.Count == 0 ? [] : await db.ListAsync<ReportTerms.TermRow>(
            """
            SELECT r.id AS ReportId, r.council AS Council, r.service_code AS Service, v.payload AS Payload
            FROM report r JOIN report_revision v ON v.id = r.id + r.revision - 1 WHERE r.id IN @all
            """,
            new { all });
        var ways = new List<WayRow>();
        foreach (var batch in all.Concat(older).Distinct().Chunk(Batch))
            ways.AddRange(await db.ListAsync<WayRow>(
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
                .. rows.SelectMany(r => r.Words().Append(ReportTerms.OfService(r.Council, r.Service)).Select(t => (Term: t, r.ReportId)))
                    .Concat(ways.Select(w => (Term: ReportTerms.OfBackEnd(w.Council, w.BackEnd), w.ReportId))).Distinct(),
            ],
            static (insert, t) => insert.Set("@term", t.Term).Set("@report", t.ReportId));
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (await duties.TryHoldAsync("terms", stoppingToken))
            while (await StepAsync(stoppingToken))
                await Task.Delay(Pause, Time, stoppingToken);
    }

    private sealed class WayRow
    {
        public long ReportId { get; init; }

        public string Council { get; init; } = "";

        public string BackEnd { get; init; } = "";
    }

    private sealed class NewRow
    {
        public long Id { get; init; }

        public long Received { get; init; }
    }
}
