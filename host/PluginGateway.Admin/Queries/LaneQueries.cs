using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>
/// Counts the waiting, failing and held reports of each lane. The counts read only unfinished deliveries, through indexes that contain no
/// others, so that millions of sent reports do not slow them down. Causes are those of the oldest thousand deliveries of a lane.
/// </summary>
internal sealed class LaneQueries(IDatabase database)
{
    private const int MaxPerLane = 1_000;

    /// <summary>Identifies the report of a delivery. An update of a case without a report in the gateway counts as one.</summary>
    private const string Report = "CASE WHEN d.report_id > 0 THEN d.report_id ELSE -d.id END";

    private const string IsStuck = $"d.state IN ({States.Held}, {States.Failed})";

    private const string Columns = $"""
        SELECT d.lane_id AS LaneId, d.state AS State, d.cause AS Cause, COUNT(DISTINCT {Report}) AS Count, MIN(d.created) AS Oldest,
            MIN(CASE WHEN d.first_tried > 0 THEN d.first_tried ELSE d.created END) AS Since, MIN(d.due) AS NextAttempt,
            COUNT(DISTINCT k.report_id) AS Acknowledged
        """;

    private const string Waiting = $"""
        COUNT(DISTINCT waiting.report) AS Waiting,
            COUNT(DISTINCT CASE WHEN waiting.state IN ({States.Retrying}, {States.Unknown}) THEN waiting.report END) AS Failing
        """;

    /// <summary>The waiting deliveries, from the two indexes that contain only those.</summary>
    private const string WaitingRows = $"""
        SELECT l.council, d.lane_id, d.state, {Report} AS report FROM lane l JOIN delivery d ON d.lane_id = l.id
            AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent} AND d.hold = {Holds.None}
        UNION ALL
        SELECT l.council, d.lane_id, d.state, {Report} AS report FROM lane l JOIN delivery d ON d.lane_id = l.id
            AND d.hold > {Holds.None} AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}
        """;

    public Task<List<LaneState>> LanesAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<LaneState>(
            """
            SELECT id AS Id, council AS Council, backend AS BackEnd, breaker AS IsBreakerOpen, breaker_since AS OpenSince, breaker_cause AS OpenCause,
                next_probe AS NextProbe, slow_until AS SlowUntil, last_attempt AS LastAttempt, last_outcome AS LastOutcome, last_cause AS LastCause
            FROM lane
            """),
        ct);

    /// <summary>
    /// Counts the unfinished reports of each lane and of each council. A report that waits in several lanes, for example with a copy, counts once in each
    /// lane and once in its council.
    /// </summary>
    public async Task<UnfinishedCounts> CountsAsync(long now, CancellationToken ct)
    {
        var all = new UnfinishedCounts();
        await database.ReadAsync(
            async db =>
            {
                foreach (var row in await db.ListAsync<CountRow>(
                    $"SELECT waiting.lane_id AS LaneId, {Waiting} FROM ({WaitingRows}) waiting GROUP BY waiting.lane_id"))
                    all.Set(row.LaneId, c => c with { Waiting = row.Waiting, Failing = row.Failing });
                foreach (var row in await db.ListAsync<CountRow>(
                    $"SELECT d.lane_id AS LaneId, COUNT(DISTINCT {Report}) AS Stuck FROM delivery d WHERE {IsStuck} GROUP BY d.lane_id"))
                    all.Set(row.LaneId, c => c with { Stuck = row.Stuck });
                foreach (var row in await db.ListAsync<CountRow>(
                    $"SELECT waiting.council AS Council, {Waiting} FROM ({WaitingRows}) waiting GROUP BY waiting.council"))
                    all.Set(row.Council, c => c with { Waiting = row.Waiting, Failing = row.Failing });
                foreach (var row in await db.ListAsync<CountRow>(
                    $"""
                    SELECT l.council AS Council, COUNT(DISTINCT {Report}) AS Stuck FROM lane l JOIN delivery d ON d.lane_id = l.id AND {IsStuck}
                    GROUP BY l.council
                    """))
                    all.Set(row.Council, c => c with { Stuck = row.Stuck });
                foreach (var row in await db.ListAsync<CountRow>(
                    $"""
                    SELECT l.council AS Council, COUNT(DISTINCT k.report_id) AS Stuck FROM lane l JOIN delivery d ON d.lane_id = l.id AND {IsStuck}
                    JOIN acknowledgement k ON k.report_id = d.report_id AND k.until > @now GROUP BY l.council
                    """,
                    new { now }))
                    all.Set(row.Council, c => c with { Snoozed = row.Stuck });
                return 0;
            },
            ct);
        return all;
    }

    /// <summary>Counts the reports of issues, each once.</summary>
    /// <param name="issues">The issues.</param>
    /// <param name="ct">Cancels the count.</param>
    public async Task<long> CountAsync(IEnumerable<AdminIssue> issues, CancellationToken ct)
    {
        const int maxLanes = 500;
        var (sum, part) = (0L, new List<AdminIssue>());
        // A report belongs to one council, so the councils can be counted in several parts.
        foreach (var council in issues.GroupBy(i => i.Council, StringComparer.Ordinal))
        {
            part.AddRange(council);
            if (part.Sum(i => i.Lanes.Count) < maxLanes)
                continue;
            sum += await CountPartAsync(part, ct);
            part.Clear();
        }

        return sum + (part.Count > 0 ? await CountPartAsync(part, ct) : 0);
    }

    /// <summary>Returns the failing and held deliveries, grouped by cause.</summary>
    public Task<List<CauseGroup>> CausesAsync(long now, CancellationToken ct) => database.ReadAsync(
        async db =>
        {
            var all = await db.ListAsync<CauseGroup>(Causes(db.Dialect, $"state IN ({States.Retrying}, {States.Unknown})"), new { now, max = MaxPerLane });
            all.AddRange(await db.ListAsync<CauseGroup>(Causes(db.Dialect, $"state IN ({States.Held}, {States.Failed})"), new { now, max = MaxPerLane }));
            return all;
        },
        ct);

    /// <summary>Returns the number of reports that wait because their service is paused, by lane and service; at most a thousand per lane.</summary>
    public Task<List<PausedCount>> PausedAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<PausedCount>(
            $"""
            SELECT d.lane_id AS LaneId, r.service_code AS Service, COUNT(DISTINCT r.id) AS Count
            FROM lane l JOIN delivery d ON d.id IN (SELECT w.id FROM delivery w WHERE w.lane_id = l.id
                AND w.hold = {Holds.Paused} ORDER BY w.due {db.Dialect.Page("0", "@max")})
            JOIN report r ON r.id = d.report_id GROUP BY d.lane_id, r.service_code
            """,
            new { max = MaxPerLane }),
        ct);

    /// <summary>Returns when the waiting delivery of each lane that is due first, or the first one on hold, was accepted; the earlier of the two.</summary>
    public async Task<IReadOnlyDictionary<long, long>> OldestWaitingAsync(CancellationToken ct) => (await database.ReadAsync(
        db => db.ListAsync<OldestRow>(
            $"""
            SELECT d.lane_id AS LaneId, d.created AS Created FROM lane l JOIN delivery d ON d.id IN
                (SELECT w.id FROM delivery w WHERE w.lane_id = l.id AND w.state < {States.Held} AND w.state <> {States.Sending}
                    AND w.state <> {States.Sent} AND w.hold = {Holds.None} ORDER BY w.due {db.Dialect.Page("0", "1")})
            UNION ALL
            SELECT d.lane_id, d.created FROM lane l JOIN delivery d ON d.id IN
                (SELECT w.id FROM delivery w WHERE w.lane_id = l.id AND w.hold > {Holds.None} AND w.state < {States.Held}
                    AND w.state <> {States.Sending} AND w.state <> {States.Sent} ORDER BY w.id {db.Dialect.Page("0", "1")})
            """),
        ct)).GroupBy(r => r.LaneId).ToDictionary(g => g.Key, g => g.Min(r => r.Created));

    private static string Causes(ISqlDialect dialect, string state) => $"""
        {Columns} FROM lane l JOIN delivery d ON d.id IN (SELECT s.id FROM delivery s WHERE s.lane_id = l.id
            AND s.{state} ORDER BY s.id {dialect.Page("0", "@max")})
        LEFT JOIN acknowledgement k ON k.report_id = d.report_id AND k.until > @now GROUP BY d.lane_id, d.state, d.cause
        """;

    private Task<long> CountPartAsync(List<AdminIssue> issues, CancellationToken ct)
    {
        // Written as literals: the lanes of many councils are more than a statement can have parameters.
        string Lanes(IssueScope scope) => string.Join(',', issues.Where(i => i.Scope == scope).SelectMany(i => i.Lanes).Append(0).Distinct().Order());
        return database.ReadAsync(
            db => db.ScalarAsync<long>(
                $"""
                SELECT COUNT(DISTINCT unsent.report) FROM
                    (SELECT waiting.report FROM ({WaitingRows}) waiting WHERE waiting.lane_id IN ({Lanes(IssueScope.Waiting)})
                     UNION ALL
                     SELECT {Report} AS report FROM delivery d
                        WHERE d.lane_id IN ({Lanes(IssueScope.Failing)}) AND d.state IN ({States.Retrying}, {States.Unknown})
                     UNION ALL
                     SELECT {Report} AS report FROM delivery d WHERE d.lane_id IN ({Lanes(IssueScope.Stuck)}) AND {IsStuck}) unsent
                """),
            ct);
    }

    private sealed class CountRow
    {
        public long LaneId { get; init; }

        public string Council { get; init; } = "";

        public long Waiting { get; init; }

        public long Failing { get; init; }

        public long Stuck { get; init; }
    }

    private sealed class OldestRow
    {
        public long LaneId { get; init; }

        public long Created { get; init; }
    }
}

/// <summary>The numbers of unfinished reports.</summary>
internal sealed class UnfinishedCounts
{
    private static readonly LaneCounts None = new();

    private readonly Dictionary<long, LaneCounts> _lanes = [];
    private readonly Dictionary<string, LaneCounts> _councils = new(StringComparer.Ordinal);

    public LaneCounts Of(long lane) => _lanes.GetValueOrDefault(lane, None);

    public LaneCounts Of(string council) => _councils.GetValueOrDefault(council, None);

    public void Set(long lane, Func<LaneCounts, LaneCounts> set) => _lanes[lane] = set(Of(lane));

    public void Set(string council, Func<LaneCounts, LaneCounts> set) => _councils[council] = set(Of(council));
}

/// <summary>The unfinished reports of a lane or council.</summary>
internal sealed record LaneCounts
{
    /// <summary>Reports that are sent when they are due, when a pause ends or when an earlier delivery is done.</summary>
    public long Waiting { get; init; }

    /// <summary>Reports with a failed attempt that will be retried; included in <see cref="Waiting"/>.</summary>
    public long Failing { get; init; }

    /// <summary>Reports that need an operator: held or failed.</summary>
    public long Stuck { get; init; }

    /// <summary>Reports of a council that need an operator and are snoozed; included in <see cref="Stuck"/>.</summary>
    public long Snoozed { get; init; }
}

/// <summary>The number of reports of a lane that wait because their service is paused.</summary>
internal sealed class PausedCount
{
    public long LaneId { get; init; }

    public string Service { get; init; } = "";

    public long Count { get; init; }
}

/// <summary>A lane and its circuit breaker.</summary>
internal sealed class LaneState
{
    public long Id { get; init; }

    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    /// <summary>Whether the circuit breaker is open.</summary>
    public bool IsBreakerOpen { get; init; }

    public long OpenSince { get; init; }

    public string OpenCause { get; init; } = "";

    public long NextProbe { get; init; }

    /// <summary>The time until which the back end asked to receive no calls; 0 if it did not.</summary>
    public long SlowUntil { get; init; }

    /// <summary>When the latest attempt to send a report ended; 0 if none has been recorded.</summary>
    public long LastAttempt { get; init; }

    public AttemptOutcome LastOutcome { get; init; }

    public string LastCause { get; init; } = "";

    /// <summary>The back end's display name; for copies, the mailbox without its prefix.</summary>
    public string Name =>
        BackEnd.StartsWith("copy", StringComparison.Ordinal) && BackEnd.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
            ? $"copies to {BackEnd[(colon + 1)..]}"
            : BackEnd;
}

/// <summary>Deliveries of a lane with the same state and cause.</summary>
internal sealed class CauseGroup
{
    public long LaneId { get; init; }

    public DeliveryState State { get; init; }

    public string Cause { get; init; } = "";

    public long Count { get; init; }

    /// <summary>When the oldest of them was accepted.</summary>
    public long Oldest { get; init; }

    /// <summary>When the first attempt at any of them was made.</summary>
    public long Since { get; init; }

    public long NextAttempt { get; init; }

    public bool IsStuck => State is DeliveryState.Held or DeliveryState.Failed;

    /// <summary>The number of them that are snoozed.</summary>
    public long Acknowledged { get; init; }
}
