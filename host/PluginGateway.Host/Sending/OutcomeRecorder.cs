using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>Writes what a try brought: the attempt, the delivery's next state, and what a created case means for its report's ids.</summary>
internal sealed class OutcomeRecorder(IDatabase database, IOptions<SendingOptions> options, Func<double> jitter, TimeProvider time)
{
    /// <summary>Records a try that created nothing, or may have.</summary>
    public async Task<NextStep> FailedAsync(ClaimedDelivery delivery, TryResult result, string detail, int generation, CancellationToken ct)
    {
        var next = DeliveryRules.After(delivery, result, time.GetUtcNow(), options.Value, jitter());
        await database.WriteAsync(db => FailedAsync(db, delivery, next, result, detail, generation), ct);
        return next;
    }

    /// <summary>Records what asking the back end brought, when it was not the case itself.</summary>
    public async Task<NextStep> AskedAsync(
        ClaimedDelivery delivery, FindingResult? finding, bool absentBefore, string cause, int generation, CancellationToken ct)
    {
        var next = DeliveryRules.AfterAsking(delivery, finding, absentBefore, time.GetUtcNow(), options.Value);
        var result = new TryResult { Outcome = finding == FindingResult.Absent ? AttemptOutcome.Absent : AttemptOutcome.Unknown, Cause = cause };
        await database.WriteAsync(db => FailedAsync(db, delivery, next, result, "", generation), ct);
        return next;
    }

    /// <summary>
    /// Records a created case. "Created" wins over whatever was thought before, also when the lease was lost meanwhile.
    /// </summary>
    /// <returns>The id settled on for clients.</returns>
    public Task<string> CreatedAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, Submission submission, string detail, int generation, CancellationToken ct) =>
        database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                // A late answer to older content settles that content's ids; the newer content is still to be sent.
                var settled = await db.ExecuteAsync(
                    """
                    UPDATE delivery SET state = 2, due = @now, doubt = 0, lease_owner = '', lease_until = 0, lease_token = '', cause = '', backend_id = @BackEndId
                    WHERE id = @Id AND revision = @Revision AND state <> 2
                    """,
                    new { delivery.Id, delivery.Revision, now, submission.BackEndId });
                await EndAttemptAsync(db, delivery, new TryResult { Outcome = AttemptOutcome.Accepted }, detail, generation);
                if (settled > 0)
                    await FollowUps.AddAsync(db, delivery, submission.FollowUps, now);
                var id = await SettleIdAsync(db, delivery, backEnd, content, submission, now);
                await OpenGatesAsync(db, delivery.ReportId, now);
                return id;
            },
            ct);

    /// <summary>Records a finished update or follow-up.</summary>
    public Task DoneAsync(ClaimedDelivery delivery, string? backEndId, string cause, int generation, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            var now = time.NowMs();
            await db.ExecuteAsync(
                "UPDATE delivery SET state = 2, due = @now, doubt = 0, lease_owner = '', lease_until = 0, lease_token = '', cause = @cause, backend_id = @backEndId WHERE id = @Id AND state <> 2",
                new { delivery.Id, now, cause, backEndId });
            await EndAttemptAsync(db, delivery, new TryResult { Outcome = AttemptOutcome.Accepted, Cause = cause }, "", generation);
            await OpenGatesAsync(db, delivery.ReportId, now);
            return 0;
        },
        ct);

    private async Task<int> FailedAsync(DbSession db, ClaimedDelivery delivery, NextStep next, TryResult result, string detail, int generation)
    {
        var now = time.NowMs();
        var held = await db.ExecuteAsync(
            """
            UPDATE delivery SET state = @state, due = @due, failures = @Failures, doubt = @Doubt, cause = @Cause, lease_owner = '', lease_until = 0, lease_token = ''
            WHERE id = @Id AND state = 1 AND lease_token = @LeaseToken
            """,
            new { delivery.Id, delivery.LeaseToken, state = (int)next.State, due = next.Due.ToUnixTimeMilliseconds(), next.Failures, next.Doubt, result.Cause });
        await EndAttemptAsync(db, delivery, result, detail, generation);
        if (held == 0)
            return 0;

        // Newer content waited for this outcome, and nothing was created: only the newer one is sent.
        if (delivery.Kind == DeliveryKind.Report && !next.Doubt)
            await db.ExecuteAsync(
                """
                UPDATE delivery SET state = 7, cause = 'Newer content took its place.'
                WHERE id = @Id AND state IN (3, 5, 6) AND notes IS NULL AND EXISTS
                    (SELECT 1 FROM delivery n WHERE n.report_id = delivery.report_id AND n.kind = 1 AND n.revision > delivery.revision AND n.state <> 7)
                """,
                new { delivery.Id });
        await OpenGatesAsync(db, delivery.ReportId, now);
        return held;
    }

    private Task EndAttemptAsync(DbSession db, ClaimedDelivery delivery, TryResult result, string detail, int generation) => db.ExecuteAsync(
        """
        UPDATE attempt SET ended = @now, outcome = @outcome, cause = @Cause, detail = @detail, generation = @generation
        WHERE delivery_id = @Id AND number = @Tries
        """,
        new { delivery.Id, delivery.Tries, now = time.NowMs(), outcome = (int)result.Outcome, result.Cause, detail, generation });

    /// <summary>
    /// Settles the id that clients know. The back end's own is told only when the report went to its owner and nothing was told before; an
    /// id that comes later reaches the client as an update.
    /// </summary>
    private static async Task<string> SettleIdAsync(DbSession db, ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, Submission submission, long now)
    {
        var council = backEnd.Council;
        var revision = (await db.FirstAsync<RevisionIds>(
            "SELECT own_id AS OwnId, public_id AS PublicId FROM report_revision WHERE report_id = @ReportId AND revision = @Revision",
            new { delivery.ReportId, delivery.Revision }))!;

        string? full = null;
        if (submission.BackEndId is { Length: > 0 } raw)
        {
            await Aliases.AddAsync(db, council, backEnd.Name, raw, delivery.ReportId, delivery.Revision, AliasKind.BackEnd);
            if (backEnd.Name == content.Owner && await Aliases.AddAsync(db, council, "", backEnd.Prefix + raw, delivery.ReportId, delivery.Revision, AliasKind.Told))
                full = backEnd.Prefix + raw;
        }

        if (revision.PublicId is null)
        {
            var told = full ?? revision.OwnId;
            await db.ExecuteAsync(
                "UPDATE report_revision SET public_id = @told WHERE report_id = @ReportId AND revision = @Revision", new { delivery.ReportId, delivery.Revision, told });
            await db.ExecuteAsync(
                "UPDATE report SET public_id = @told, updated = @now WHERE id = @ReportId AND revision = @Revision",
                new { delivery.ReportId, delivery.Revision, told, now });
            return told;
        }

        await db.ExecuteAsync("UPDATE report SET updated = @now WHERE id = @ReportId", new { delivery.ReportId, now });
        if ((submission.Reference ?? full ?? submission.BackEndId) is { } reference && revision.PublicId != full)
            await CouncilUpdates.AddAsync(
                db, council, "", delivery.ReportId, revision.PublicId,
                new CouncilUpdate
                {
                    UpdateId = $"{revision.PublicId}-case",
                    BackEndId = submission.BackEndId ?? "",
                    Status = "unchanged",
                    Happened = UnixTime.At(now),
                    CustomerReference = reference,
                },
                now);
        return revision.PublicId;
    }

    /// <summary>
    /// Lets go what waited: newer content once the older is settled, an update once its report is there and no earlier update still moves, a
    /// follow-up once the one before is done. An update of a report that was cancelled is let go too, to be held with that reason.
    /// </summary>
    private static async Task OpenGatesAsync(DbSession db, long reportId, long now)
    {
        if (reportId == 0)
            return;

        await db.ExecuteAsync(
            """
            UPDATE delivery SET gate = 0, due = CASE WHEN due > @now THEN due ELSE @now END
            WHERE report_id = @reportId AND gate = 2
                AND EXISTS (SELECT 1 FROM delivery a WHERE a.id = delivery.after_id AND (a.state = 2 OR (a.state = 7 AND delivery.kind IN (1, 3))))
                AND (kind <> 3 OR NOT EXISTS
                    (SELECT 1 FROM delivery b WHERE b.report_id = @reportId AND b.kind = 3 AND b.id < delivery.id AND b.state IN (0, 1, 3, 4)))
            """,
            new { reportId, now });
    }

    private sealed class RevisionIds
    {
        public string OwnId { get; init; } = "";

        public string? PublicId { get; init; }
    }
}
