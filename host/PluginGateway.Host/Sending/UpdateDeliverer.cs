using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending;

/// <summary>Delivers a client's update to the back end that has the case.</summary>
internal sealed class UpdateDeliverer(
    IDatabase database, DeliveryStore store, OutcomeRecorder recorder, AdapterCaller adapters, IOptions<SendingOptions> options, ILogger<UpdateDeliverer> log)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        var row = await database.ReadAsync(
            db => db.FirstAsync<UpdateRow>(
                """
                SELECT u.payload AS Payload, COALESCE(d.backend_id, u.backend_id) AS BackEndId, COALESCE(d.revision, 0) AS Revision
                FROM client_update u LEFT JOIN delivery d ON d.id = @AfterId AND d.state = 2
                WHERE u.id = @SubjectId
                """,
                new { delivery.SubjectId, delivery.AfterId }),
            CancellationToken.None);
        if (row is null || row.Payload.Length == 0)
        {
            await FailAsync(delivery, backEnd, null, new TryResult { Outcome = AttemptOutcome.NeedsOperator, Cause = "The update's content is no longer kept." }, "", 0);
            return;
        }

        if (row.BackEndId.Length == 0)
        {
            await FailAsync(delivery, backEnd, null, new TryResult { Outcome = AttemptOutcome.NeedsOperator, Cause = "The report it belongs to has no case at the council's system." }, "", 0);
            return;
        }

        if (delivery.Doubt && (backEnd.Repeat ?? adapters.Describe(backEnd)?.Repeat) is not (RepeatSafety.Updates or RepeatSafety.Both))
        {
            await FailAsync(
                delivery, backEnd, null,
                new TryResult { Outcome = AttemptOutcome.NeedsOperator, Cause = "The council's system may have this update: look there before it is sent again." }, "", 0);
            return;
        }

        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.ClientUpdate)! with { BackEndId = row.BackEndId };
        var content = delivery.ReportId == 0 ? null : await store.ContentAsync(delivery.ReportId, row.Revision, CancellationToken.None);
        var attempt = new DeliveryAttempt(store, delivery, "U");
        var outcome = await adapters.CallAsync<IUpdateSender, UpdateSubmission>(
            backEnd, backEnd.AttemptWithin ?? options.Value.AttemptWithin,
            (a, ct) => a.SubmitUpdateAsync(update with { Request = content?.Request }, attempt, ct),
            late => late is AdapterOutcome<UpdateSubmission>.Answered { Value: var done } a
                ? recorder.DoneAsync(delivery, done.BackEndId?.Trim(), done.Skipped ?? "", a.Generation, CancellationToken.None)
                : Task.CompletedTask,
            CancellationToken.None);
        switch (outcome)
        {
            case AdapterOutcome<UpdateSubmission>.Answered { Value: var submission } answered:
                await recorder.DoneAsync(delivery, submission.BackEndId?.Trim(), submission.Skipped ?? "", answered.Generation, CancellationToken.None);
                log.UpdateSent(update.UpdateId, backEnd.Key, submission.Skipped ?? "sent");
                break;
            case AdapterOutcome<UpdateSubmission>.Failed failed:
                await FailAsync(
                    delivery, backEnd, update.Author,
                    Deliverer.Classify(failed.Failure, attempt.Stamped || adapters.Describe(backEnd)?.Stamps != true), failed.Failure.Detail, failed.Generation);
                break;
            case AdapterOutcome<UpdateSubmission>.Away away:
                await FailAsync(delivery, backEnd, null, new TryResult { Outcome = AttemptOutcome.Away, Cause = away.Message }, "", 0);
                break;
        }
    }

    private async Task FailAsync(ClaimedDelivery delivery, BackEnd backEnd, Reporter? author, TryResult result, string detail, int generation)
    {
        result = result with { Cause = Redaction.Clean(result.Cause, author) };
        detail = Redaction.Clean(detail, author);
        var next = await recorder.FailedAsync(delivery, result, detail, generation, CancellationToken.None);
        log.NotSent(delivery.Id, backEnd.Key, delivery.Tries, result.Outcome, result.Cause, detail, next.State, next.Due);
    }

    private sealed class UpdateRow
    {
        public byte[] Payload { get; init; } = [];

        public string BackEndId { get; init; } = "";

        public int Revision { get; init; }
    }
}
