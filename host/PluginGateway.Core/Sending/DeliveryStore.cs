using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Stores claims, attempts and leases. <see cref="OutcomeRecorder"/> stores the effect of an outcome on a report.</summary>
internal sealed class DeliveryStore(
    IDatabase database, ServiceVersions services, ProcessIdentity node, IOptions<LeaseOptions> leases, IOptions<SendingOptions> options, TimeProvider time)
{
    /// <summary>The tokens of claims whose commit received no response.</summary>
    private readonly ConcurrentQueue<string> _unanswered = new();

    /// <summary>Whether a lane has due deliveries. This is a read, so that idle lanes do not keep the writer busy.</summary>
    /// <param name="laneId">The lane.</param>
    /// <param name="paused">Whether deliveries that are held by the pause of a service count too.</param>
    /// <param name="ct">Cancels the read.</param>
    public async Task<bool> HasDueAsync(long laneId, bool paused, CancellationToken ct) => await database.ReadAsync(
        async db => await HasDueAsync(db, laneId, $"hold = {Holds.None}") || (paused && await HasDueAsync(db, laneId, $"hold = {Holds.Paused}")), ct);

    /// <summary>Claims up to <paramref name="count"/> due deliveries and inserts the rows of their attempts, in one transaction.</summary>
    /// <param name="laneId">The lane.</param>
    /// <param name="count">The maximum number to claim.</param>
    /// <param name="marksCommit">Whether the adapter marks its creating calls. If not, each attempt counts as marked from its start.</param>
    /// <param name="restricted">The back end, if a suspension applies to it or to some of its services; otherwise null.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    public Task<List<ClaimedDelivery>> ClaimDueAsync(long laneId, int count, bool marksCommit, BackEnd? restricted, CancellationToken ct) =>
        ClaimAsync((db, token) => ClaimDueAsync(db, token, laneId, count, marksCommit, restricted), ct);

    /// <summary>
    /// Claims one delivery to test whether the back end works again. The probe counts for all hosts, and is used up only if there is a delivery to send.
    /// </summary>
    public Task<List<ClaimedDelivery>> ClaimProbeAsync(long laneId, bool marksCommit, BackEnd? restricted, CancellationToken ct) => ClaimAsync(
        async (db, token) =>
        {
            if (restricted is not null)
                await SuspendedClaims.LockAsync(db, restricted);
            await db.LockAsync("UPDATE lane SET breaker_probes = breaker_probes WHERE id = @laneId", new { laneId });
            var now = time.NowMs();
            if (await db.ScalarAsync<int?>(
                "SELECT breaker_probes FROM lane WHERE id = @laneId AND breaker = 1 AND next_probe <= @now", new { laneId, now }) is not { } probes)
                return [];

            var claimed = await ClaimDueAsync(db, token, laneId, 1, marksCommit, restricted);
            if (claimed.Count > 0)
                await db.ExecuteAsync(
                    "UPDATE lane SET breaker_probes = breaker_probes + 1, next_probe = @next WHERE id = @laneId",
                    new { laneId, next = now + options.Value.BreakerWait(probes + 1).Ms() });
            return claimed;
        },
        ct);

    /// <summary>Claims one delivery immediately if it has never been attempted. One that has been attempted keeps its due time.</summary>
    public Task<List<ClaimedDelivery>> ClaimOneAsync(long laneId, long id, bool marksCommit, CancellationToken ct) => ClaimAsync(
        (db, token) =>
            ClaimAsync(db, database.Dialect.ClaimOne, new { id, lane = laneId, now = time.NowMs(), owner = node.Id, until = LeaseEnd(), token }, marksCommit),
        ct);

    public Task MarkCommittingAsync(ClaimedDelivery delivery, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            // The recovery of deliveries of a host that is gone reads this mark. The lock makes one of the two writes wait for the other.
            await db.LockAsync("UPDATE delivery SET hold = hold WHERE id = @Id", new { delivery.Id });
            return await db.ExecuteAsync(
                $"""
                UPDATE attempt SET committing = @now WHERE delivery_id = @Id AND number = @Attempts AND ended = 0
                    AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = @Id AND d.state = {States.Sending} AND d.lease_token = @LeaseToken)
                """,
                new { delivery.Id, delivery.Attempts, delivery.LeaseToken, now = time.NowMs() }) > 0
                ? 0
                : throw AttemptAbandoned();
        },
        ct);

    public Task NoteAsync(ClaimedDelivery delivery, IReadOnlyDictionary<string, string> notes, CancellationToken ct)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(notes.ToDictionary(), ReportJson.Default.DictionaryStringString);
        return database.WriteAsync(
            async db => await db.ExecuteAsync(
                "UPDATE delivery SET notes = @content WHERE id = @Id AND revision = @Revision AND lease_token = @LeaseToken",
                new { delivery.Id, delivery.Revision, delivery.LeaseToken, content }) > 0
                ? 0
                : throw AttemptAbandoned(),
            ct);
    }

    /// <summary>Returns the report of a delivery, with the ids under which its earlier revisions were sent; null if its content has been deleted.</summary>
    public Task<DeliveryContent?> ContentAsync(long reportId, int revision, CancellationToken ct) =>
        ContentAsync(reportId, revision, ContentRowsAsync([ReportIds.RevisionId(reportId, revision)], ct), ct);

    /// <summary>Returns the report of a claimed delivery. The contents of deliveries that were claimed together are read together.</summary>
    public async Task<DeliveryContent?> ContentAsync(ClaimedDelivery delivery, CancellationToken ct)
    {
        if (delivery.Contents is { } batch)
        {
            await ((Task)batch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (batch.IsCompletedSuccessfully)
                return await ContentAsync(delivery.ReportId, delivery.Revision, batch, ct);
        }

        // If the batch fails, each content is read separately, so that one unreadable content does not block the other deliveries.
        return await ContentAsync(delivery.ReportId, delivery.Revision, ct);
    }

    private async Task<DeliveryContent?> ContentAsync(long reportId, int revision, Task<IReadOnlyDictionary<long, ContentRow>> rows, CancellationToken ct)
    {
        if ((await rows).GetValueOrDefault(ReportIds.RevisionId(reportId, revision)) is not { Payload.Length: > 0 } row)
            return null;

        var stored = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.StoredReport)!;
        var service = (await services.FindAsync([row.ServiceId], ct))[row.ServiceId];
        return new DeliveryContent
        {
            Council = row.Council,
            Owner = row.Owner,
            ServiceCode = row.ServiceCode,
            Request = stored.ToRequest(row.OwnId, revision, service) with
            {
                EarlierIds = revision == 1 ? [] : await EarlierIdsAsync(reportId, revision, ct),
                Plan = row.Facts is null ? stored.Plan : JsonSerializer.Deserialize(row.Facts, ReportJson.Default.RequestPlan),
            },
        };
    }

    private async Task<IReadOnlyDictionary<long, ContentRow>> ContentRowsAsync(IEnumerable<long> cases, CancellationToken ct)
    {
        var rows = new Dictionary<long, ContentRow>();
        foreach (var batch in cases.Chunk(500))
            foreach (var row in await database.ReadAsync(
                db => db.ListAsync<ContentRow>(
                    """
                    SELECT v.id AS CaseId, r.council AS Council, r.owner AS Owner, r.service_code AS ServiceCode, v.own_id AS OwnId, v.service_id AS ServiceId,
                        v.payload AS Payload, CASE WHEN r.revision = v.revision THEN r.facts END AS Facts
                    FROM report_revision v JOIN report r ON r.id = v.report_id
                    WHERE v.id IN @batch
                    """,
                    new { batch }),
                ct))
                rows[row.CaseId] = row;
        return rows;
    }

    private Task<List<string>> EarlierIdsAsync(long reportId, int revision, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<string>(
            $"""
            SELECT COALESCE(v.public_id, v.own_id) FROM report_revision v
            JOIN delivery d ON d.id BETWEEN @reportId AND @last AND d.revision = v.revision AND d.state = {States.Sent}
            WHERE v.id BETWEEN @reportId AND @last ORDER BY v.id
            """,
            new { reportId, last = ReportIds.RevisionId(reportId, revision - 1) }),
        ct);

    /// <summary>Stores the plan of a report that had none when it was accepted, and in the same transaction the copies that the plan requires.</summary>
    public Task SavePlanAsync(ClaimedDelivery delivery, RequestPlan plan, IReadOnlyList<Copy> copies, CancellationToken ct)
    {
        var facts = JsonSerializer.SerializeToUtf8Bytes(plan, ReportJson.Default.RequestPlan);
        return database.WriteAsync(
            async db =>
            {
                // A newer revision has its own plan and copies.
                if (await db.ExecuteAsync(
                    "UPDATE report SET facts = @facts WHERE id = @ReportId AND revision = @Revision", new { facts, delivery.ReportId, delivery.Revision }) == 0)
                    return 0;
                foreach (var copy in copies)
                    await CopyStore.AddAsync(db, delivery.ReportId, delivery.Revision, delivery.Id, await Lanes.DestinationAsync(db, copy), time.NowMs());
                return 0;
            },
            ct);
    }

    /// <summary>
    /// Renews the leases of the deliveries that are in progress, and only those. A delivery whose outcome could not be recorded is no longer in
    /// progress and is recovered when its lease expires.
    /// </summary>
    public Task RenewAsync(IReadOnlyList<long> running, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            foreach (var batch in running.Order().Chunk(500))
                await db.ExecuteAsync(
                    $"UPDATE delivery SET lease_until = @until WHERE id IN @batch AND state = {States.Sending} AND lease_owner = @Id",
                    new { until = LeaseEnd(), node.Id, batch });
            return 0;
        },
        ct);

    /// <summary>
    /// Recovers deliveries whose host has stopped or whose lease has expired. An attempt that was marked as committing may have been delivered; any
    /// other is simply retried.
    /// </summary>
    /// <param name="others">
    /// Whether expired leases of other hosts are recovered too. After an outage of the database all leases seem to have expired, and the first host
    /// to reconnect would take over calls that are still in progress.
    /// </param>
    /// <param name="ct">Cancels between two writes.</param>
    /// <returns>The number of recovered deliveries.</returns>
    public async Task<int> RecoverAsync(bool others, CancellationToken ct)
    {
        await ReleaseUnansweredAsync(ct);
        var owners = await database.ReadAsync(db => db.ListAsync<string>($"SELECT DISTINCT lease_owner FROM delivery WHERE state = {States.Sending}"), ct);
        // Processes beyond the limit of one statement have their turn in the next run.
        var recoverable = owners.Where(o => others || o == node.Id).Take(DbSession.MaxList).Append("-").ToList();
        var gone = owners.Where(o => o != node.Id && node.IsKnownGone(o)).Take(DbSession.MaxList).Append("-").ToList();
        var values = new { now = time.NowMs(), recoverable, gone };
        var found = await database.ReadAsync(
            db => db.ListAsync<ClaimedDelivery>(
                $"""
                SELECT id AS Id, report_id AS ReportId FROM delivery
                WHERE state = {States.Sending} AND ((lease_until < @now AND lease_owner IN @recoverable) OR lease_owner IN @gone)
                """,
                values),
            ct);
        var recovered = 0;
        foreach (var batch in found.Chunk(100))
            recovered += await database.WriteAsync(db => RecoverBatchAsync(db, batch, values.now, recoverable, gone), ct);
        return recovered;
    }

    private static async Task<int> RecoverBatchAsync(DbSession db, ClaimedDelivery[] found, long now, List<string> recoverable, List<string> gone)
    {
        var ids = found.Select(d => d.Id).ToList();
        foreach (var report in found.Select(d => d.ReportId).Where(id => id > 0).Distinct().Order())
            await ReportLock.AcquireAsync(db, report);
        // Another host may have recovered them in the meantime and claimed them again.
        await db.LockAsync("UPDATE delivery SET hold = hold WHERE id IN @ids", new { ids });
        var batch = await db.ListAsync<long>(
            $"""
            SELECT id FROM delivery
            WHERE id IN @ids AND state = {States.Sending} AND ((lease_until < @now AND lease_owner IN @recoverable) OR lease_owner IN @gone)
            """,
            new { ids, now, recoverable, gone });
        if (batch.Count == 0)
            return 0;

        await db.ExecuteAsync(
            """
            UPDATE delivery SET may_have_been_delivered = 1 WHERE id IN @batch AND EXISTS
                (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id AND a.number = delivery.attempts AND a.committing > 0)
            """,
            new { batch });
        await db.ExecuteAsync(
            $"""
            UPDATE delivery
            SET state = CASE WHEN may_have_been_delivered = 1 THEN {States.Unknown} ELSE {States.Retrying} END, due = @now, lease_owner = '',
                lease_until = 0, lease_token = '',
                cause = 'The gateway stopped during the attempt.'
            WHERE id IN @batch
            """,
            new { batch, now });
        await db.ExecuteAsync(
            "UPDATE attempt SET ended = @now, outcome = @outcome WHERE delivery_id IN @batch AND ended = 0",
            new { batch, now, outcome = (int)AttemptOutcome.Interrupted });
        foreach (var report in await db.ListAsync<ClaimedDelivery>(
            $"""
            SELECT id AS Id, report_id AS ReportId, revision AS Revision FROM delivery
            WHERE id IN @batch AND kind = {Kinds.Report} AND state = {States.Retrying}
            """,
            new { batch }))
        {
            await Dependencies.YieldToNewerAsync(db, report.Id, report.ReportId, report.Revision);
            await Dependencies.ReleaseAsync(db, report.ReportId, now);
        }

        return batch.Count;
    }

    /// <summary>Whether a case belongs to another report.</summary>
    public Task<bool> IsOfAnotherAsync(ClaimedDelivery delivery, BackEnd backEnd, string backEndId, CancellationToken ct) => database.ReadAsync(
        async db => await db.ScalarAsync<long>(
            "SELECT COUNT(*) FROM report_alias WHERE council = @Council AND backend = @Name AND id_key = @key AND report_id <> @ReportId",
            new { backEnd.Council, backEnd.Name, key = IdKey.Of(backEndId), delivery.ReportId }) > 0,
        ct);

    /// <summary>The error for an adapter that ignored the cancellation of its call. It must not create anything after the attempt has been abandoned.</summary>
    private static AdapterException AttemptAbandoned() => AdapterException.Transient("The gateway has abandoned this attempt.");

    /// <summary>Claims with a new token. If the commit receives no response, the claim may have succeeded, but none of its deliveries is started.</summary>
    private async Task<List<ClaimedDelivery>> ClaimAsync(Func<DbSession, string, Task<List<ClaimedDelivery>>> claim, CancellationToken ct)
    {
        var token = Guid.NewGuid().ToString("N");
        try
        {
            var claimed = await database.WriteAsync(db => claim(db, token), ct);
            var cases = claimed.Where(d => d.Revision > 0).Select(d => d.CaseId).Distinct().ToList();
            var contents = cases.Count == 0 ? null : ContentRowsAsync(cases, CancellationToken.None);
            foreach (var delivery in claimed)
                delivery.Contents = contents;
            return claimed;
        }
        catch (Exception e) when (DatabaseErrors.MayHaveBeenCommitted(e))
        {
            _unanswered.Enqueue(token);
            throw;
        }
    }

    /// <summary>
    /// Releases the deliveries of claims whose commit received no response. They were not attempted, so they cannot have been delivered and need not wait for
    /// their leases to expire.
    /// </summary>
    private async Task ReleaseUnansweredAsync(CancellationToken ct)
    {
        while (_unanswered.Take(500).ToList() is { Count: > 0 } tokens)
        {
            await database.WriteAsync(
                async db =>
                {
                    await db.ExecuteAsync($"UPDATE delivery SET lease_until = 0 WHERE state = {States.Sending} AND lease_token IN @tokens", new { tokens });
                    return await db.ExecuteAsync(
                        $"""
                        UPDATE attempt SET committing = 0
                        WHERE ended = 0 AND delivery_id IN (SELECT id FROM delivery WHERE state = {States.Sending} AND lease_token IN @tokens)
                        """,
                        new { tokens });
                },
                ct);
            // Only this method removes tokens, so these are the ones that were read above.
            for (var i = 0; i < tokens.Count; i++)
                _unanswered.TryDequeue(out _);
        }
    }

    private async Task<List<ClaimedDelivery>> ClaimAsync(DbSession db, string statement, object parameters, bool marksCommit)
    {
        var claimed = await db.ListAsync<ClaimedDelivery>(statement, parameters);
        var now = time.NowMs();
        claimed.ForEach(d => d.ClaimedAt = now);
        await db.EachAsync(
            """
            INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation, lane_id, revision)
            VALUES (@id, @attempts, @now, @committing, 0, 0, '', '', @node, 0, @lane, @revision)
            """,
            claimed,
            (insert, d) => insert
                .Set("@id", d.Id)
                .Set("@attempts", d.Attempts)
                .Set("@now", now)
                .Set("@committing", marksCommit ? 0L : now)
                .Set("@node", node.Id)
                .Set("@lane", d.LaneId)
                .Set("@revision", d.Revision));
        return claimed;
    }

    private Task<List<ClaimedDelivery>> ClaimDueAsync(DbSession db, string token, long laneId, int count, bool marksCommit, BackEnd? restricted)
    {
        var now = time.NowMs();
        return restricted is null ? Claim(null, count) : SuspendedClaims.ClaimAsync(db, restricted, laneId, count, now, options.Value.SettingsProbe, Claim);

        Task<List<ClaimedDelivery>> Claim(string? service, int max) => ClaimAsync(
            db,
            service is null ? database.Dialect.ClaimDue : database.Dialect.ClaimPaused,
            new { lane = laneId, count = max, now, owner = node.Id, until = LeaseEnd(), token, service },
            marksCommit);
    }

    private async Task<bool> HasDueAsync(DbSession db, long laneId, string hold) => await db.ScalarAsync<long?>(
        $"""
        SELECT id FROM delivery WHERE lane_id = @laneId AND state < {States.Held} AND state <> {States.Sending} AND state <> {States.Sent} AND {hold}
            AND due <= @now ORDER BY due {database.Dialect.Page("0", "1")}
        """,
        new { laneId, now = time.NowMs() }) is not null;

    private long LeaseEnd() => time.NowMs() + leases.Value.Lease.Ms();
}
