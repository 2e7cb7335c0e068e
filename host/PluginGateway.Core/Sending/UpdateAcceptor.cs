using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Takes a client's update: stores it with its delivery, in the order of its report, or recognises it as one that it has.</summary>
internal sealed class UpdateAcceptor(IDatabase database, Lanes lanes, AdapterCaller adapters, IOptions<SendingOptions> options, TimeProvider time)
{
    /// <summary>Accepts an update.</summary>
    /// <param name="clientId">Who sent it.</param>
    /// <param name="backEnd">The back end that has, or will have, the case.</param>
    /// <param name="reportId">The report; 0 for a case the gateway does not know.</param>
    /// <param name="deliveryId">The delivery that makes, or made, the report's case.</param>
    /// <param name="update">The update; its back-end id is empty when the report's own counts.</param>
    /// <param name="ct">Cancels before it begins.</param>
    public async Task AcceptAsync(long clientId, BackEnd backEnd, long reportId, long deliveryId, ClientUpdate update, CancellationToken ct)
    {
        var laneId = await lanes.IdAsync(backEnd, ct);
        var takesUpdates = adapters.IsUnavailable(backEnd) || adapters.Has<IUpdateSender>(backEnd);
        var refKey = IdKey.Of(update.UpdateId);
        var payload = JsonSerializer.SerializeToUtf8Bytes(StoredClientUpdate.Of(update), ReportJson.Default.StoredClientUpdate);
        var added = await database.WriteAsync(
            async db =>
            {
                await ReportLock.TakeAsync(db, reportId);
                var now = time.NowMs();
                var known = await db.ExecuteAsync(
                    $"""
                    UPDATE idempotency SET repeats = repeats + 1, answered_at = @now
                    WHERE council = @Council AND client_id = @clientId AND kind = {ReferenceKinds.Update} AND ref_key = @refKey
                    """,
                    new { backEnd.Council, clientId, refKey, now });
                if (known > 0)
                    return false;

                var id = await db.InsertAsync(
                    """
                    INSERT INTO client_update (council, client_id, report_id, backend, backend_id, update_id, status, payload, received)
                    VALUES (@Council, @clientId, @reportId, @Name, @BackEndId, @UpdateId, @Status, @payload, @now)
                    """,
                    new
                    {
                        backEnd.Council,
                        clientId,
                        reportId,
                        backEnd.Name,
                        BackEndId = StoredText.Clip(update.BackEndId),
                        UpdateId = StoredText.Clip(update.UpdateId),
                        update.Status,
                        payload,
                        now,
                    });
                await db.ExecuteAsync(
                    $"""
                    INSERT INTO idempotency (council, client_id, kind, ref_key, subject_id, answered_at, repeats, expires)
                    VALUES (@Council, @clientId, {ReferenceKinds.Update}, @refKey, @id, @now, 0, @expires)
                    """,
                    new { backEnd.Council, clientId, refKey, id, now, expires = now + options.Value.RememberReferences.Ms() });

                // -1: kept for an update of a case that the gateway has no report of.
                await AttachmentStore.AdoptAsync(db, reportId == 0 ? -1 : reportId, update.Attachments);

                // A back end that takes no updates: it is recorded, and that is all.
                if (!takesUpdates)
                    return false;

                await db.ExecuteAsync(
                    $"""
                    INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created,
                        first_tried, tries, failures, may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
                    SELECT @newId, @reportId, 0, {Kinds.Update}, @id, @Name, @laneId,
                        CASE WHEN EXISTS (SELECT 1 FROM delivery b WHERE b.id = @deliveryId AND b.state = {States.Cancelled}) THEN {States.Cancelled}
                            ELSE {States.Pending} END,
                        CASE WHEN EXISTS (SELECT 1 FROM delivery b WHERE b.id = @deliveryId AND b.state NOT IN ({States.Sent}, {States.Cancelled}))
                            OR EXISTS (SELECT 1 FROM delivery b WHERE b.report_id = @reportId AND @reportId > 0 AND b.kind <> {Kinds.Report}
                            AND b.kind = {Kinds.Update} AND b.state IN ({States.Pending}, {States.Sending}, {States.Retrying}, {States.Unknown}))
                            THEN {Holds.WaitsForEarlier} ELSE {Holds.None} END,
                        @deliveryId, @now, @now, 0, 0, 0, 0, '', 0, '',
                        CASE WHEN EXISTS (SELECT 1 FROM delivery b WHERE b.id = @deliveryId AND b.state = {States.Cancelled})
                            THEN 'Its report was cancelled.' ELSE '' END
                    """,
                    new { newId = ReportIds.New(UnixTime.At(now)), reportId, deliveryId, id, backEnd.Name, laneId, now });
                return true;
            },
            ct);
        if (added)
            await lanes.WakeAsync(backEnd, first: null, ct);
    }
}
