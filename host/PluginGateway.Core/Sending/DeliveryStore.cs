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

/// <summary>Claims, attempts and leases in the database. What an outcome does to a report is <see cref="OutcomeRecorder"/>'s.</summary>
internal sealed class DeliveryStore(
    IDatabase database, ServiceVersions services, ProcessIdentity node, IOptions<LeaseOptions> leases, IOptions<SendingOptions> options, TimeProvider time)
{
    private readonly ConcurrentQueue<string> _unanswered = new();

    /// <summary>Whether a lane has anything to do: a read, so that idle lanes do not keep the writer busy.</summary>
    /// <param name="laneId">The lane.</param>
    /// <param name="paused">Counts what a service's pause holds, too.</param>
    /// <param name="ct">Cancels the read.</param>
    public async Task<bool> HasDueAsync(long laneId, bool paused, CancellationToken ct) => await database.ReadAsync(
        async db => await HasDueAsync(db, laneId, $"hold = {Holds.None}") || (paused && await HasDueAsync(db, laneId, $"hold = {Holds.Paused}")), ct);

    /// <summary>Claims up to <paramref name="count"/> due deliveries and makes the rows of their attempts, in one transaction.</summary>
    /// <param name="laneId">The lane.</param>
    /// <param name="count">The most to take.</param>
    /// <param name="stamps">The adapter stamps its calls; if not, each counts as stamped from its start.</param>
    /// <param name="closed">The back end over which something is closed; null when nothing is.</param>
    /// <param name="ct">Cancels before it begins.</param>
    public Task<List<ClaimedDelivery>> ClaimDueAsync(long laneId, int count, bool stamps, BackEnd? closed, CancellationToken ct) =>
        ClaimAsync((db, token) => ClaimDueAsync(db, token, laneId, count, stamps, closed), ct);

    /// <summary>Claims one delivery to see whether the back end works again; the probe is taken, for all hosts, only if there is something to send.</summary>
    public Task<List<ClaimedDelivery>> ClaimProbeAsync(long laneId, bool stamps, BackEnd? closed, CancellationToken ct) => ClaimAsync(
        async (db, token) =>
        {
            await db.LockAsync("UPDATE lane SET breaker_probes = breaker_probes WHERE id = @laneId", new { laneId });
            var now = time.NowMs();
            if (await db.ScalarAsync<int?>(
                "SELECT breaker_probes FROM lane WHERE id = @laneId AND breaker = 1 AND next_probe <= @now", new { laneId, now }) is not { } probes)
                return [];

            var claimed = await ClaimDueAsync(db, token, laneId, 1, stamps, closed);
            if (claimed.Count > 0)
                await db.ExecuteAsync(
                    "UPDATE lane SET breaker_probes = breaker_probes + 1, next_probe = @next WHERE id = @laneId",
                    new { laneId, next = now + options.Value.BreakerWait(probes + 1).Ms() });
            return claimed;
        },
        ct);

    /// <summary>Claims one delivery now, if it was never tried: one that was keeps to its time.</summary>
    public Task<List<ClaimedDelivery>> ClaimOneAsync(long laneId, long id, bool stamps, CancellationToken ct) => ClaimAsync(
        (db, token) =>
            ClaimAsync(db, database.Dialect.ClaimOne, new { id, lane = laneId, now = time.NowMs(), owner = node.Id, until = LeaseEnd(), token }, stamps),
        ct);

    public Task MarkCommittingAsync(ClaimedDelivery delivery, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            // Who frees deliveries of a node that is gone looks at the stamp: one of the two comes first.
            await db.LockAsync("UPDATE delivery SET hold = hold WHERE id = @Id", new { delivery.Id });
            return await db.ExecuteAsync(
                $"""
                UPDATE attempt SET committing = @now WHERE delivery_id = @Id AND number = @Tries AND ended = 0
                    AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = @Id AND d.state = {States.Sending} AND d.lease_token = @LeaseToken)
                """,
                new { delivery.Id, delivery.Tries, delivery.LeaseToken, now = time.NowMs() }) > 0
                ? 0
                : throw AfterGivingUp();
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
                : throw AfterGivingUp(),
            ct);
    }

    /// <summary>The report a delivery is about, with the ids its earlier revisions went under; null when its content was scrubbed.</summary>
    public Task<DeliveryContent?> ContentAsync(long reportId, int revision, CancellationToken ct) =>
        ContentAsync(reportId, revision, ContentRowsAsync([ReportIds.Case(reportId, revision)], ct), ct);

    /// <summary>The same, of a claimed delivery: what was claimed together is read together.</summary>
    public async Task<DeliveryContent?> ContentAsync(ClaimedDelivery delivery, CancellationToken ct)
    {
        if (delivery.Contents is { } together)
        {
            await ((Task)together).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (together.IsCompletedSuccessfully)
                return await ContentAsync(delivery.ReportId, delivery.Revision, together, ct);
        }

        // When that failed, each for itself: what one of them makes unreadable is not to hold the others.
        return await ContentAsync(delivery.ReportId, delivery.Revision, ct);
    }

    private async Task<DeliveryContent?> ContentAsync(long reportId, int revision, Task<IReadOnlyDictionary<long, ContentRow>> rows, CancellationToken ct)
    {
        if ((await rows).GetValueOrDefault(ReportIds.Case(reportId, revision)) is not { Payload.Length: > 0 } row)
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
            new { reportId, last = ReportIds.Case(reportId, revision - 1) }),
        ct);

    /// <summary>Keeps the plan of a report that was not planned when it was accepted, and in the same transaction the copies that it asks for.</summary>
    public Task SavePlanAsync(ClaimedDelivery delivery, RequestPlan plan, IReadOnlyList<Copy> copies, CancellationToken ct)
    {
        var facts = JsonSerializer.SerializeToUtf8Bytes(plan, ReportJson.Default.RequestPlan);
        return database.WriteAsync(
            async db =>
            {
                // Newer content has a plan, and copies, of its own.
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
    /// Renews the leases of deliveries that run, and only those: one whose recording failed is not worked on any more, and is found again when
    /// its lease ends.
    /// </summary>
    public Task RenewAsync(IReadOnlyList<long> running, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            foreach (var batch in running.Chunk(500))
                await db.ExecuteAsync(
                    $"UPDATE delivery SET lease_until = @until WHERE id IN @batch AND state = {States.Sending} AND lease_owner = @Id",
                    new { until = LeaseEnd(), node.Id, batch });
            return 0;
        },
        ct);

    /// <summary>
    /// Frees deliveries whose node died or lost its lease. A try that was stamped may have created something; one that was not is simply
    /// made again.
    /// </summary>
    /// <param name="others">
    /// Whether the leases of others may have ended too. After an outage of the database all seem to have: whoever is back first would take
    /// calls that are under way.
    /// </param>
    /// <param name="ct">Ends between two writes.</param>
    /// <returns>How many were freed.</returns>
    public async Task<int> RecoverAsync(bool others, CancellationToken ct)
    {
        await LetGoAsync(ct);
        var owners = await database.ReadAsync(db => db.ListAsync<string>($"SELECT DISTINCT lease_owner FROM delivery WHERE state = {States.Sending}"), ct);
        var mine = owners.Where(o => others || o == node.Id).Append("-").ToList();
        var dead = owners.Where(o => o != node.Id && node.IsKnownDead(o)).Append("-").ToList();
        var values = new { now = time.NowMs(), mine, dead };
        var found = await database.ReadAsync(
            db => db.ListAsync<ClaimedDelivery>(
                $"""
                SELECT id AS Id, report_id AS ReportId FROM delivery
                WHERE state = {States.Sending} AND ((lease_until < @now AND lease_owner IN @mine) OR lease_owner IN @dead)
                """,
                values),
            ct);
        var freed = 0;
        foreach (var batch in found.Chunk(100))
            freed += await database.WriteAsync(db => FreeAsync(db, batch, values.now, mine, dead), ct);
        return freed;
    }

    private static async Task<int> FreeAsync(DbSession db, ClaimedDelivery[] found, long now, List<string> mine, List<string> dead)
    {
        var ids = found.Select(d => d.Id).ToList();
        foreach (var report in found.Select(d => d.ReportId).Where(id => id > 0).Distinct().Order())
            await ReportLock.TakeAsync(db, report);
        // Another host may have freed them meanwhile, and claimed them anew.
        await db.LockAsync("UPDATE delivery SET hold = hold WHERE id IN @ids", new { ids });
        var batch = await db.ListAsync<long>(
            $"""
            SELECT id FROM delivery WHERE id IN @ids AND state = {States.Sending} AND ((lease_until < @now AND lease_owner IN @mine) OR lease_owner IN @dead)
            """,
            new { ids, now, mine, dead });
        if (batch.Count == 0)
            return 0;

        await db.ExecuteAsync(
            """
            UPDATE delivery SET may_have_been_delivered = 1 WHERE id IN @batch AND EXISTS
                (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id AND a.number = delivery.tries AND a.committing > 0)
            """,
            new { batch });
        await db.ExecuteAsync(
            $"""
            UPDATE delivery
            SET state = CASE WHEN may_have_been_delivered = 1 THEN {States.Unknown} ELSE {States.Retrying} END, due = @now, lease_owner = '',
                lease_until = 0, lease_token = '',
                cause = 'The gateway stopped during the try.'
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

    /// <summary>Whether a case is known as that of another report.</summary>
    public Task<bool> IsOfAnotherAsync(ClaimedDelivery delivery, BackEnd backEnd, string backEndId, CancellationToken ct) => database.ReadAsync(
        async db => await db.ScalarAsync<long>(
            "SELECT COUNT(*) FROM report_alias WHERE council = @Council AND backend = @Name AND id_key = @key AND report_id <> @ReportId",
            new { backEnd.Council, backEnd.Name, key = IdKey.Of(backEndId), delivery.ReportId }) > 0,
        ct);

    /// <summary>A call that was given up goes on in an adapter that ignores its token: it must not create anything now.</summary>
    private static AdapterException AfterGivingUp() => AdapterException.Transient("This try was given up.");

    /// <summary>A claim under a token of its own. Of a commit that got no answer it is not known whether it claimed: nothing of it is begun.</summary>
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
        catch (Exception e) when (DatabaseErrors.KeepsConnectionOpen(e))
        {
            _unanswered.Enqueue(token);
            throw;
        }
    }

    /// <summary>Lets go of what such claims took: it was not called, so there is no doubt about it, and it need not wait for its lease to end.</summary>
    private async Task LetGoAsync(CancellationToken ct)
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
            // Only this takes from it, in the order in which they came.
            for (var i = 0; i < tokens.Count; i++)
                _unanswered.TryDequeue(out _);
        }
    }

    private async Task<List<ClaimedDelivery>> ClaimAsync(DbSession db, string statement, object parameters, bool stamps)
    {
        var claimed = await db.ListAsync<ClaimedDelivery>(statement, parameters);
        var now = time.NowMs();
        await db.EachAsync(
            """
            INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation)
            VALUES (@id, @tries, @now, @committing, 0, 0, '', '', @node, 0)
            """,
            claimed,
            (insert, d) => insert.Set("@id", d.Id).Set("@tries", d.Tries).Set("@now", now).Set("@committing", stamps ? 0L : now).Set("@node", node.Id));
        return claimed;
    }

    private Task<List<ClaimedDelivery>> ClaimDueAsync(DbSession db, string token, long laneId, int count, bool stamps, BackEnd? closed)
    {
        var now = time.NowMs();
        return closed is null ? Claim(null, count) : SuspendedClaims.ClaimAsync(db, closed, laneId, count, now, options.Value.SettingsProbe, Claim);

        Task<List<ClaimedDelivery>> Claim(string? service, int most) => ClaimAsync(
            db,
            service is null ? database.Dialect.ClaimDue : database.Dialect.ClaimPaused,
            new { lane = laneId, count = most, now, owner = node.Id, until = LeaseEnd(), token, service },
            stamps);
    }

    private async Task<bool> HasDueAsync(DbSession db, long laneId, string gate) => await db.ScalarAsync<long?>(
        $"""
        SELECT id FROM delivery WHERE lane_id = @laneId AND state < {States.Held} AND state <> {States.Sending} AND state <> {States.Sent} AND {gate}
            AND due <= @now ORDER BY due {database.Dialect.Page("0", "1")}
        """,
        new { laneId, now = time.NowMs() }) is not null;

    private long LeaseEnd() => time.NowMs() + leases.Value.Lease.Ms();
}

/// <summary>What is to be delivered.</summary>
internal sealed record DeliveryContent
{
    public required string Council { get; init; }

    public required string Owner { get; init; }

    /// <summary>As clients know it, with prefix.</summary>
    public required string ServiceCode { get; init; }

    public required ServiceRequest Request { get; init; }
}

/// <summary>A revision's content, as it is stored.</summary>
internal sealed class ContentRow
{
    public long CaseId { get; init; }

    public string Council { get; init; } = "";

    public string Owner { get; init; } = "";

    public string ServiceCode { get; init; } = "";

    public string OwnId { get; init; } = "";

    public long ServiceId { get; init; }

    public byte[] Payload { get; init; } = [];

    public byte[]? Facts { get; init; }
}
