using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// Changes the send method of a council's reports or of one service's reports. The change applies to new reports and to waiting ones, except those that
/// may have been delivered or whose delivery has begun.
/// </summary>
internal sealed class RouteActions(IDatabase database, Lanes lanes, RouteTable table, TimeProvider time)
{
    /// <summary>Sets the send method.</summary>
    /// <param name="council">The council.</param>
    /// <param name="service">The code of the service, or empty for all services without a separate choice.</param>
    /// <param name="to">The back end.</param>
    /// <param name="anyService">Whether the back end accepts services of other owners.</param>
    /// <param name="who">The operator.</param>
    /// <param name="why">The reason.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    /// <returns>The number of waiting reports that moved to the back end.</returns>
    public Task<int> SetAsync(Council council, string service, BackEnd to, bool anyService, string who, string why, CancellationToken ct) => ChangeAsync(
        council, service, [new RouteTarget(anyService ? "" : to.Name, to)],
        async (db, key) =>
        {
            var row = new { key.Council, key.Service, to.Name, who, why = StoredText.Truncate(why), now = time.NowMs() };
            if (await db.ExecuteAsync(
                "UPDATE route SET backend = @Name, by_whom = @who, at = @now, reason = @why WHERE council = @Council AND service = @Service", row) == 0)
                await db.ExecuteAsync(
                    "INSERT INTO route (council, service, backend, by_whom, at, reason) VALUES (@Council, @Service, @Name, @who, @now, @why)", row);
            return to.Name;
        },
        who, why, ct);

    /// <summary>Removes the choice of a send method, so that the council's choice applies to the service, or the council file to the council.</summary>
    /// <param name="council">The council.</param>
    /// <param name="service">The code of the service, or empty for all services without a separate choice.</param>
    /// <param name="targets">The back ends that reports are then sent through, by the owner of their service.</param>
    /// <param name="who">The operator.</param>
    /// <param name="why">The reason.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    /// <returns>The number of waiting reports that moved.</returns>
    public Task<int> ResetAsync(
        Council council, string service, IReadOnlyList<RouteTarget> targets, string who, string why, CancellationToken ct) => ChangeAsync(
        council, service, targets,
        async (db, key) =>
        {
            await db.ExecuteAsync("DELETE FROM route WHERE council = @Council AND service = @Service", key);
            return service.Length > 0 ? "as for the council" : "as in the council file";
        },
        who, why, ct);

    /// <summary>Returns the effect that a change would have on waiting reports.</summary>
    public async Task<RoutePreview> PreviewAsync(Council council, string service, IReadOnlyList<RouteTarget> targets, CancellationToken ct)
    {
        var moves = await MovesAsync(targets, ct);
        return await database.ReadAsync(
            async db =>
            {
                var (move, stay) = (0L, 0L);
                foreach (var (target, laneId) in moves)
                {
                    move += (await WaitingAsync(db, council.JurisdictionId, service, target, laneId)).Count;
                    stay += await db.ScalarAsync<long>(
                        Waiting("COUNT(*)", $"(w.may_have_been_delivered = 1 OR w.notes IS NOT NULL OR w.state = {States.Unknown})"),
                        Parameters(council.JurisdictionId, service, target, laneId));
                }

                return new RoutePreview(move, stay);
            },
            ct);
    }

    public Task<List<RouteChoice>> ListAsync(CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<RouteChoice>(
            """
            SELECT council AS Council, service AS Service, backend AS BackEnd, by_whom AS ByWhom, at AS At, reason AS Reason FROM route
            ORDER BY council, service
            """), ct);

    /// <summary>Moves deliveries of reports, which the caller has locked, to another back end and makes them due now.</summary>
    /// <returns>The number of deliveries that moved. One whose sending has begun in the meantime stays.</returns>
    public static async Task<int> MoveAsync(DbSession db, IReadOnlyList<long> ids, string name, long laneId, long now)
    {
        var moved = 0;
        foreach (var batch in ids.Order().Chunk(500))
        {
            moved += await db.ExecuteAsync(
                $"""
                UPDATE delivery SET lane_id = @laneId, dest_key = @name, state = {States.Pending}, hold = CASE WHEN hold = {Holds.WaitsForEarlier}
                    THEN {Holds.WaitsForEarlier} ELSE {Holds.None} END, due = @now, failures = 0, first_tried = 0,
                    cause = ''
                WHERE id IN @batch AND state IN ({States.Pending}, {States.Retrying}, {States.Held}, {States.Failed}) AND may_have_been_delivered = 0
                    AND notes IS NULL
                """,
                new { laneId, name, batch, now });
            await ReportTerms.MarkReroutedAsync(db, batch);
            // Updates are sent to the back end that will have the case.
            await db.ExecuteAsync(
                $"""
                UPDATE delivery SET lane_id = @laneId, dest_key = @name
                WHERE after_id IN @batch AND after_id > 0 AND kind = {Kinds.Update} AND state IN ({States.Pending}, {States.Retrying})
                    AND EXISTS (SELECT 1 FROM delivery r WHERE r.id = delivery.after_id AND r.lane_id = @laneId)
                """,
                new { laneId, name, batch });
        }

        return moved;
    }

    private async Task<int> ChangeAsync(
        Council council, string service, IReadOnlyList<RouteTarget> targets, Func<DbSession, RouteKey, Task<string>> store, string who, string why,
        CancellationToken ct)
    {
        var moves = await MovesAsync(targets, ct);
        var count = await database.WriteAsync(
            async db =>
            {
                var (now, key) = (time.NowMs(), new RouteKey(council.JurisdictionId, service));
                var before = await db.ScalarAsync<string>("SELECT backend FROM route WHERE council = @Council AND service = @Service", key);
                var after = await store(db, key);
                var (moved, waiting) = (0, new List<List<long>>());
                foreach (var (target, laneId) in moves)
                    waiting.Add(await WaitingAsync(db, council.JurisdictionId, service, target, laneId));
                // All reports are locked before their deliveries, in the order of their ids.
                foreach (var batch in waiting.SelectMany(ids => ids.Select(ReportIds.ReportOf)).Distinct().Order().Chunk(500))
                    await db.LockAsync("UPDATE report SET revision = revision WHERE id IN @batch", new { batch });
                foreach (var ((target, laneId), ids) in moves.Zip(waiting))
                    moved += await MoveAsync(db, ids, target.To.Name, laneId, now);
                await Audit.AddAsync(
                    db, now, who, "send-method", council.JurisdictionId, service.Length == 0 ? "all services" : $"service {service}",
                    before ?? council.SendMethod?.Name ?? "the owner", after, why);
                return moved;
            },
            ct);
        table.Invalidate();
        return count;
    }

    private async Task<List<(RouteTarget Target, long LaneId)>> MovesAsync(IReadOnlyList<RouteTarget> targets, CancellationToken ct)
    {
        var moves = new List<(RouteTarget, long)>();
        foreach (var target in targets)
            moves.Add((target, await lanes.IdAsync(target.To, ct)));
        return moves;
    }

    /// <summary>Returns waiting reports. The query uses the indexes of waiting deliveries instead of scanning all deliveries.</summary>
    private static Task<List<long>> WaitingAsync(DbSession db, string council, string service, RouteTarget target, long laneId) => db.ListAsync<long>(
        Waiting("w.id", $"w.state IN ({States.Pending}, {States.Retrying}, {States.Held}) AND w.may_have_been_delivered = 0 AND w.notes IS NULL"),
        Parameters(council, service, target, laneId));

    private static object Parameters(string council, string service, RouteTarget target, long laneId) =>
        new { council, service, target.Owner, laneId, anyOwner = target.Owner.Length == 0 };

    private static string Waiting(string what, string which) => $"""
        WITH waiting AS (
            SELECT d.id, d.report_id, d.kind, d.may_have_been_delivered, d.notes, d.state FROM lane l
            JOIN delivery d ON d.lane_id = l.id AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}
                AND d.hold = {Holds.None} WHERE l.council = @council AND l.id <> @laneId

                           UNION ALL
            SELECT d.id, d.report_id, d.kind, d.may_have_been_delivered, d.notes, d.state FROM lane l JOIN delivery d ON d.lane_id = l.id
                AND d.hold = {Holds.Paused}
            WHERE l.council = @council AND l.id <> @laneId
            UNION ALL
            SELECT d.id, d.report_id, d.kind, d.may_have_been_delivered, d.notes, d.state FROM lane l
            JOIN delivery d ON d.lane_id = l.id AND d.state IN ({States.Held}, {States.Failed}) WHERE l.council = @council AND l.id <> @laneId)
        SELECT {what} FROM waiting w JOIN report r ON r.id = w.report_id
        WHERE w.kind = {Kinds.Report} AND {which} AND (@anyOwner = 1 OR r.owner = @Owner)
            AND (r.service_code = @service OR (@service = '' AND NOT EXISTS (SELECT 1 FROM route o WHERE o.council = r.council AND o.service = r.service_code)))
        """;
}

/// <summary>Where the reports of an owner are sent.</summary>
/// <param name="Owner">The back end that owns the services; empty for all.</param>
/// <param name="To">The back end that the reports are sent through.</param>
internal sealed record RouteTarget(string Owner, BackEnd To);

/// <summary>What a choice of a send method applies to.</summary>
internal sealed record RouteKey(string Council, string Service);

/// <summary>The effect of a choice of a send method.</summary>
/// <param name="Move">The number of waiting reports that would move to the back end.</param>
/// <param name="Stay">The number of waiting reports that would stay, because they may have been delivered or their delivery has begun.</param>
internal sealed record RoutePreview(long Move, long Stay);

/// <summary>A stored choice of a send method.</summary>
internal sealed class RouteChoice
{
    public string Council { get; init; } = "";

    public string Service { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public string ByWhom { get; init; } = "";

    public long At { get; init; }

    public string Reason { get; init; } = "";
}
