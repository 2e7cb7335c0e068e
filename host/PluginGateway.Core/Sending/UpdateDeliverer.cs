using System.Text.Json;
using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Delivers a client's update to the back end that has the case.</summary>
internal sealed class UpdateDeliverer(
    IDatabase database, DeliveryStore store, OutcomeRecorder recorder, AttemptRunner runner, ILogger<UpdateDeliverer> log)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        var row = await database.ReadAsync(
            db => db.FirstAsync<UpdateRow>(
                $"""
                SELECT u.payload AS Payload, COALESCE(d.backend_id, u.backend_id) AS BackEndId, COALESCE(d.revision, 0) AS Revision
                FROM client_update u LEFT JOIN delivery d ON d.id = @AfterId AND d.state = {States.Sent} AND d.lane_id = @LaneId
                WHERE u.id = @SubjectId
                """,
                new { delivery.SubjectId, delivery.AfterId, delivery.LaneId }),
            CancellationToken.None);
        if (row is null || row.Payload.Length == 0)
        {
            await runner.HoldAsync(delivery, backEnd, "The update's content was deleted after its retention period, so it cannot be sent.");
            return;
        }

        if (row.BackEndId.Length == 0 && row.Revision > 0)
        {
            await recorder.DoneAsync(
                delivery, null, "Not sent: the council's system returned no id for the report, so the update cannot refer to it.", 0, CancellationToken.None);
            return;
        }

        if (row.BackEndId.Length == 0)
        {
            await runner.HoldAsync(
                delivery, backEnd,
                "The report has no case in the council's system, so its update cannot be sent. Cancel the update or inform the council in another way.");
            return;
        }

        var update = JsonSerializer.Deserialize(row.Payload, ReportJson.Default.StoredClientUpdate)!.ToUpdate() with { BackEndId = row.BackEndId };
        if (delivery.ReportId != 0 && await store.ContentAsync(delivery.ReportId, row.Revision, CancellationToken.None) is { } content)
            update = update with { Request = content.Request };
        await runner.RunAsync(new DeliveryCall<IUpdateSender, UpdateSubmission>
        {
            Delivery = delivery,
            BackEnd = backEnd,
            Subject = "U",
            Person = update.Author,
            SendAsync = (sender, attempt, ct) => sender.SubmitUpdateAsync(update, attempt, ct),
            RecordAsync = (submission, generation) => RecordAsync(delivery, backEnd, update, submission, generation),
            RecordsLate = true,
            RepeatsAs = IdempotencySupport.Updates,
            WhenUncertain = "The council's system may already have this update. Check there first, then resend it or mark it as sent.",
            WhenNotSupported = "Not sent: the council's system does not accept updates.",
        });
    }

    private async Task RecordAsync(ClaimedDelivery delivery, BackEnd backEnd, ClientUpdate update, UpdateSubmission submission, int generation)
    {
        var skipped = Redaction.Clean(submission.SkippedReason ?? "", update.Author);
        await recorder.DoneAsync(delivery, submission.BackEndId?.Trim(), skipped, generation, CancellationToken.None);
        log.UpdateSent(update.UpdateId, backEnd.Key, submission.SkippedReason is null ? "sent" : skipped);
    }

    private sealed class UpdateRow
    {
        public byte[] Payload { get; init; } = [];

        public string BackEndId { get; init; } = "";

        public int Revision { get; init; }
    }
}
