using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Search;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Records the outcome of an attempt: the attempt itself, the next state of the delivery, and the effect of a created case on the report's ids.
/// </summary>
internal sealed class OutcomeRecorder(IDatabase database, IOptions<SendingOptions> options, IUpdatePublisher updates, Func<double> jitter, TimeProvider time)
{
    /// <summary>Records an attempt that did not succeed, or whose outcome is unknown.</summary>
    public async Task<NextStep> FailedAsync(ClaimedDelivery delivery, AttemptResult result, string detail, int generation, CancellationToken ct)
    {
        var next = DeliveryRules.After(delivery, result, time.GetUtcNow(), options.Value, jitter());
        await database.WriteWithRetryAsync(db => FailedAsync(db, delivery, next, result, detail, generation, absent: false), ct);
        return next;
    }

    /// <summary>Records the result of a query to the back end that did not find the case.</summary>
    public async Task<NextStep> QueriedAsync(
        ClaimedDelivery delivery, LookupOutcome? finding, string cause, int generation, CancellationToken ct)
    {
        var next = DeliveryRules.AfterQuery(delivery, finding, delivery.Absent, time.GetUtcNow(), options.Value);
        var result = new AttemptResult { Outcome = finding == LookupOutcome.Absent ? AttemptOutcome.Absent : AttemptOutcome.Unknown, Cause = cause };
        var absent = finding == LookupOutcome.Absent && next.State == DeliveryState.Unknown;
        await database.WriteWithRetryAsync(db => FailedAsync(db, delivery, next, result, "", generation, absent), ct);
        return next;
    }

    /// <summary>
    /// Records a created case. This overrides every earlier outcome, even if the lease has been lost in the meantime.
    /// </summary>
    /// <returns>The final id for clients.</returns>
    public Task<string> CreatedAsync(
        ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, Submission submission, string detail, int generation, CancellationToken ct) =>
        database.WriteWithRetryAsync(
            async db =>
            {
                await ReportLock.AcquireAsync(db, delivery.ReportId, delivery.Id);
                var now = time.NowMs();
                // A late result for an older revision settles the ids of that revision; the newer revision still has to be sent.
                var settled = await db.ExecuteAsync(
                    $"""
                    UPDATE delivery SET state = {States.Sent}, due = @now, may_have_been_delivered = 0, lease_owner = '', lease_until = 0, lease_token = '',
                        cause = '',
                        backend_id = @BackEndId
                    WHERE id = @Id AND revision = @Revision AND state <> {States.Sent}
                    """,
                    new { delivery.Id, delivery.Revision, now, submission.BackEndId });
                await EndAttemptAsync(db, delivery, new AttemptResult { Outcome = AttemptOutcome.Accepted }, detail, generation);
                if (submission.Notice is { Length: > 0 } notice)
                    await db.ExecuteAsync(
                        "UPDATE report_revision SET notice = @notice WHERE id = @CaseId", new { delivery.CaseId, notice = StoredText.Truncate(notice) });
                if (settled > 0)
                    await FollowUps.AddAsync(db, delivery, submission.FollowUps, now);
                var id = await SettleIdAsync(db, delivery, backEnd, content.Owner, submission, now);
                await Dependencies.ReleaseAsync(db, delivery.ReportId, now);
                return id;
            },
            ct);

    /// <summary>Records, within the caller's transaction, that an operator has found the report in the council's system.</summary>
    public async Task MarkedAsync(DbSession db, ClaimedDelivery delivery, BackEnd backEnd, string owner, Submission submission, long now)
    {
        await db.ExecuteAsync(
            $"UPDATE delivery SET state = {States.Sent}, due = @now, may_have_been_delivered = 0, cause = '', backend_id = @BackEndId WHERE id = @Id",
            new { delivery.Id, now, submission.BackEndId });
        await SettleIdAsync(db, delivery, backEnd, owner, submission, now);
    }

    /// <summary>Records a finished update or follow-up.</summary>
    public Task DoneAsync(ClaimedDelivery delivery, string? backEndId, string cause, int generation, CancellationToken ct) => database.WriteWithRetryAsync(
        async db =>
        {
            await ReportLock.AcquireAsync(db, delivery.ReportId, delivery.Id);
            var now = time.NowMs();
            await db.ExecuteAsync(
                $"""
                UPDATE delivery SET state = {States.Sent}, due = @now, may_have_been_delivered = 0, lease_owner = '', lease_until = 0, lease_token = '',
                    cause = @cause, backend_id = @backEndId WHERE id = @Id AND state <> {States.Sent}
                """,
                new { delivery.Id, now, cause, backEndId });
            await EndAttemptAsync(db, delivery, new AttemptResult { Outcome = AttemptOutcome.Accepted, Cause = cause }, "", generation);
            await Dependencies.ReleaseAsync(db, delivery.ReportId, now);
            return 0;
        },
        ct);

    private async Task<int> FailedAsync(DbSession db, ClaimedDelivery delivery, NextStep next, AttemptResult result, string detail, int generation, bool absent)
    {
        await ReportLock.AcquireAsync(db, delivery.ReportId, delivery.Id);
        var now = time.NowMs();
        var held = await db.ExecuteAsync(
            $"""
            UPDATE delivery SET state = @state, due = @due, failures = @Failures, may_have_been_delivered = @MayHaveBeenDelivered, absent = @absent,
                cause = @Cause, lease_owner = '', lease_until = 0, lease_token = ''
            WHERE id = @Id AND state = {States.Sending} AND lease_token = @LeaseToken
            """,
            new
            {
                delivery.Id,
                delivery.LeaseToken,
                state = (int)next.State,
                due = next.Due.ToUnixTimeMilliseconds(),
                next.Failures,
                next.MayHaveBeenDelivered,
                absent,
                result.Cause,
            });
        await EndAttemptAsync(db, delivery, result, detail, generation);
        if (held == 0)
            return 0;

        if (delivery.Kind == DeliveryKind.Report && !next.MayHaveBeenDelivered)
            await Dependencies.YieldToNewerAsync(db, delivery.Id, delivery.ReportId, delivery.Revision);
        await Dependencies.ReleaseAsync(db, delivery.ReportId, now);
        return held;
    }

    private Task EndAttemptAsync(DbSession db, ClaimedDelivery delivery, AttemptResult result, string detail, int generation) => db.ExecuteAsync(
        """
        UPDATE attempt SET ended = @now, outcome = @outcome, cause = @Cause, detail = @detail, generation = @generation
        WHERE delivery_id = @Id AND number = @Attempts
        """,
        new { delivery.Id, delivery.Attempts, now = time.NowMs(), outcome = (int)result.Outcome, result.Cause, detail, generation });

    /// <summary>
    /// Settles the id for clients. The back end's id is published only if the report was sent to the service's owner and no id has been published
    /// before. An id that arrives later reaches the client as an update.
    /// </summary>
    private async Task<string> SettleIdAsync(DbSession db, ClaimedDelivery delivery, BackEnd backEnd, string owner, Submission submission, long now)
    {
        var council = backEnd.Council;
        var revision = (await db.FirstAsync<RevisionIds>(
            "SELECT own_id AS OwnId, public_id AS PublicId FROM report_revision WHERE id = @CaseId", new { delivery.CaseId }))!;

        string? full = null;
        if (submission.BackEndId is { Length: > 0 } raw)
        {
            await Aliases.AddAsync(db, council, backEnd.Name, raw, delivery.ReportId, delivery.Revision, AliasKind.BackEnd);
            if (Aliases.IsMixed(backEnd.Prefix + raw))
                await ReportTerms.AddIdsAsync(db, council, [raw, backEnd.Prefix + raw], delivery.ReportId);
            if (backEnd.Name == owner
                && await Aliases.AddAsync(db, council, "", backEnd.Prefix + raw, delivery.ReportId, delivery.Revision, AliasKind.Published))
                full = backEnd.Prefix + raw;
        }

        if (revision.PublicId is null)
        {
            var publicId = full ?? revision.OwnId;
            await db.ExecuteAsync("UPDATE report_revision SET public_id = @publicId WHERE id = @CaseId", new { delivery.CaseId, publicId });
            await db.ExecuteAsync(
                "UPDATE report SET public_id = @publicId, updated = @now WHERE id = @ReportId AND revision = @Revision",
                new { delivery.ReportId, delivery.Revision, publicId, now });
            return publicId;
        }

        await db.ExecuteAsync("UPDATE report SET updated = @now WHERE id = @ReportId", new { delivery.ReportId, now });
        if ((submission.Reference ?? full ?? submission.BackEndId) is { } reference && revision.PublicId != full)
            await updates.PublishAsync(
                db, council, delivery.ReportId, revision.PublicId,
                new CouncilUpdate
                {
                    UpdateId = $"{revision.PublicId}-case",
                    BackEndId = submission.BackEndId ?? "",
                    Status = "unchanged",
                    OccurredAt = UnixTime.At(now),
                    CustomerReference = reference,
                },
                now);
        return revision.PublicId;
    }

    private sealed class RevisionIds
    {
        public string OwnId { get; init; } = "";

        public string? PublicId { get; init; }
    }
}
