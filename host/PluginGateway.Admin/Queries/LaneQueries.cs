using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>
/// Counts the waiting, failing and held deliveries of each lane. The counts use indexes that contain only unfinished deliveries, so that
/// millions of sent reports do not slow them down. Causes are those of the oldest thousand deliveries of a lane.
/// </summary>
internal sealed class LaneQueries(IDatabase database)
{
    private const int MaxPerLane = 1_000;

    private const string Columns = """
        SELECT d.lane_id AS LaneId, d.state AS State, d.cause AS Cause, COUNT(*) AS Count, MIN(d.created) AS Oldest,
            MIN(CASE WHEN d.first_tried > 0 THEN d.first_tried ELSE d.created END) AS Since, MIN(d.due) AS NextAttempt,
                SUM(CASE WHEN k.report_id IS NULL THEN 0 ELSE 1 END) AS Acknowledged
        """;

    public Task<List<LaneState>> LanesAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<LaneState>(
            """
            SELECT id AS Id, council AS Council, backend AS BackEnd, breaker AS IsBreakerOpen, breaker_since AS OpenSince, breaker_cause AS OpenCause,
                next_probe AS NextProbe, slow_until AS SlowUntil FROM lane
            """),
        ct);

    public async Task<IReadOnlyDictionary<long, LaneCounts>> CountsAsync(CancellationToken ct)
    {
        var all = new Dictionary<long, LaneCounts>();
        await database.ReadAsync(
            async db =>
            {
                Add(await db.ListAsync<CountRow>(
                    $"""
                    SELECT lane_id AS LaneId, COUNT(*) AS Count FROM delivery
                    WHERE state < {States.Held} AND state <> {States.Sending} AND state <> {States.Sent} AND hold = {Holds.None} GROUP BY lane_id
                    """), (c, n) => c with { Open = n });
                Add(await db.ListAsync<CountRow>(
                    $"""
                    SELECT lane_id AS LaneId, COUNT(*) AS Count FROM delivery
                    WHERE hold > {Holds.None} AND state < {States.Held} AND state <> {States.Sending} AND state <> {States.Sent} GROUP BY lane_id
                    """), (c, n) => c with { OnHold = n });
                Add(await db.ListAsync<CountRow>(
                    $"SELECT lane_id AS LaneId, COUNT(*) AS Count FROM delivery WHERE state IN ({States.Retrying}, {States.Unknown}) GROUP BY lane_id"),
                    (c, n) => c with { Failing = n });
                Add(await db.ListAsync<CountRow>(
                    $"SELECT lane_id AS LaneId, COUNT(*) AS Count FROM delivery WHERE state IN ({States.Held}, {States.Failed}) GROUP BY lane_id"),
                    (c, n) => c with { Stuck = n });
                return 0;
            },
            ct);
        return all;

        void Add(List<CountRow> rows, Func<LaneCounts, long, LaneCounts> set)
        {
            foreach (var row in rows)
                all[row.LaneId] = set(all.GetValueOrDefault(row.LaneId) ?? new LaneCounts(), row.Count);
        }
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

    /// <summary>Returns the number of deliveries that wait because their service is paused, by lane and service; at most a thousand per lane.</summary>
    public Task<List<PausedCount>> PausedAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<PausedCount>(
            $"""
            SELECT d.lane_id AS LaneId, r.service_code AS Service, COUNT(*) AS Count
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

    private sealed class CountRow
    {
        public long LaneId { get; init; }

        public long Count { get; init; }
    }

    private sealed class OldestRow
    {
        public long LaneId { get; init; }

        public long Created { get; init; }
    }
}

/// <summary>The unfinished deliveries of a lane.</summary>
internal sealed record LaneCounts
{
    /// <summary>Deliveries that are sent when they are due.</summary>
    public long Open { get; init; }

    /// <summary>Deliveries that wait for the end of a service's pause, or for an earlier delivery.</summary>
    public long OnHold { get; init; }

    /// <summary>Deliveries with a failed attempt that will be retried; included in <see cref="Open"/> and <see cref="OnHold"/>.</summary>
    public long Failing { get; init; }

    /// <summary>Deliveries that need an operator: held or failed.</summary>
    public long Stuck { get; init; }

    public long Waiting => Open + OnHold;

    public static LaneCounts operator +(LaneCounts a, LaneCounts b) =>
        new() { Open = a.Open + b.Open, OnHold = a.OnHold + b.OnHold, Failing = a.Failing + b.Failing, Stuck = a.Stuck + b.Stuck };
}

/// <summary>The number of deliveries of a lane that wait because their service is paused.</summary>
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
