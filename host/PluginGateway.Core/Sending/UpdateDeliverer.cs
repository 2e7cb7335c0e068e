using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Closures;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Delivers a client's update to the back end that has the case.</summary>
internal sealed class UpdateDeliverer(
    IDatabase database, DeliveryStore store, OutcomeRecorder recorder, FailureRecorder failures, LaneHealth health, AdapterCaller adapters, IOptions<SendingOptions> options, ILogger<UpdateDeliverer> log)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        var row = await database.ReadAsync(
            db => db.FirstAsync<UpdateRow>(
                """
                SELECT u.payload AS Payload, COALESCE(d.backend_id, u.backend_id) AS BackEndId, COALESCE(d.revision, 0) AS Revision
                FROM client_update u LEFT JOIN delivery d ON d.id = @AfterId AND d.state = 2 AND d.lane_id = @LaneId
                WHERE u.id = @SubjectId
                """,
                new { delivery.SubjectId, delivery.AfterId, delivery.LaneId }),
            CancellationToken.None);
        if (row is null || row.Payload.Length == 0)
        {
            await failures.HoldAsync(delivery, backEnd, "The update's content is no longer kept.");
            return;
        }

        if (row.BackEndId.Length == 0 && row.Revision > 0)
        {
            await recorder.DoneAsync(delivery, null, "Not sent: the council's system gave its report no number.", 0, CancellationToken.None);
            return;
        }

        if (row.BackEndId.Length == 0)
        {
            await failures.HoldAsync(delivery, backEnd, "The report it belongs to has no case at the council's system.");
            return;
        }

        if (delivery.Doubt && (backEnd.Repeat ?? adapters.Describe(backEnd)?.Repeat) is not (RepeatSafety.Updates or RepeatSafety.Both))
        {
            await failures.HoldAsync(delivery, backEnd, "The council's system may have this update: look there before it is sent again.");
            return;
        }

        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.ClientUpdate)! with { BackEndId = row.BackEndId };
        var content = delivery.ReportId == 0 ? null : await store.ContentAsync(delivery.ReportId, row.Revision, CancellationToken.None);
        var attempt = new DeliveryAttempt(store, delivery, "U");
        var outcome = await adapters.CallAsync<IUpdateSender, UpdateSubmission>(
            backEnd, backEnd.AttemptWithin ?? options.Value.AttemptWithin,
            (a, ct) => a.SubmitUpdateAsync(update with { Request = content?.Request }, attempt, ct),
            late => late is AdapterOutcome<UpdateSubmission>.Answered { Value: var done } a
                ? recorder.DoneAsync(delivery, done.BackEndId?.Trim(), Redaction.Clean(done.Skipped ?? "", update.Author), a.Generation, CancellationToken.None)
                : Task.CompletedTask,
            CancellationToken.None);
        switch (outcome)
        {
            case AdapterOutcome<UpdateSubmission>.Answered { Value: var submission } answered:
                await recorder.DoneAsync(delivery, submission.BackEndId?.Trim(), Redaction.Clean(submission.Skipped ?? "", update.Author), answered.Generation, CancellationToken.None);
                await health.AnsweredAsync(delivery, backEnd);
                log.UpdateSent(update.UpdateId, backEnd.Key, submission.Skipped is { } skipped ? Redaction.Clean(skipped, update.Author) : "sent");
                break;
            case AdapterOutcome<UpdateSubmission>.Failed failed:
                await failures.RecordAsync(
                    delivery, backEnd, update.Author,
                    FailureRecorder.Classify(failed.Failure, attempt.Stamped || adapters.Describe(backEnd)?.Stamps != true), failed.Failure.Detail, failed.Generation);
                break;
            case AdapterOutcome<UpdateSubmission>.Away { Reason: AwayReason.NotSupported }:
                await recorder.DoneAsync(delivery, null, "Not sent: the council's system takes no updates.", 0, CancellationToken.None);
                break;
            case AdapterOutcome<UpdateSubmission>.Away away:
                await failures.AwayAsync(delivery, backEnd, away.Message);
                break;
        }
    }

    private sealed class UpdateRow
    {
        public byte[] Payload { get; init; } = [];

        public string BackEndId { get; init; } = "";

        public int Revision { get; init; }
    }
}
