using System.Text.Json;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Accepts a client's update: stores it with its delivery, after the report's earlier deliveries, or recognises it as a repeat.</summary>
internal sealed class UpdateAcceptor(IDatabase database, Lanes lanes, AdapterCaller adapters, IOptions<SendingOptions> options, TimeProvider time)
{
    /// <summary>Accepts an update.</summary>
    /// <param name="clientId">The client that sent it.</param>
    /// <param name="backEnd">The back end that has, or will have, the case.</param>
    /// <param name="reportId">The report; 0 for a case without a report in the gateway.</param>
    /// <param name="deliveryId">The delivery that creates, or created, the report's case.</param>
    /// <param name="update">The update. Its back-end id is empty if the case is that of the report.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    public async Task AcceptAsync(long clientId, BackEnd backEnd, long reportId, long deliveryId, ClientUpdate update, CancellationToken ct)
    {
        var laneId = await lanes.IdAsync(backEnd, ct);
        var acceptsUpdates = adapters.IsUnavailable(backEnd) || adapters.Has<IUpdateSender>(backEnd);
        var payload = JsonSerializer.SerializeToUtf8Bytes(StoredClientUpdate.Of(update), ReportJson.Default.StoredClientUpdate);
        var added = await database.WriteAsync(
            async db =>
            {
                await ReportLock.AcquireAsync(db, reportId);
                var now = time.NowMs();
                var refKey = IdKey.Of(update.UpdateId);
                var known = await FindAsync(db, backEnd.Council, clientId, refKey);
                // The same id with another status or text than before is a new update.
                var isRepeat = known?.IsSame(update) == true;
                if (isRepeat)
                {
                    await db.ExecuteAsync(
                        $"""
                        UPDATE idempotency SET repeats = repeats + 1, answered_at = @now
                        WHERE council = @Council AND client_id = @clientId AND kind = {ReferenceKinds.Update} AND ref_key = @refKey
                        """,
                        new { backEnd.Council, clientId, refKey, now });
                    return false;
                }

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
                        BackEndId = StoredText.Truncate(update.BackEndId),
                        UpdateId = StoredText.Truncate(update.UpdateId),
                        update.Status,
                        payload,
                        now,
                    });
                await db.ExecuteAsync(
                    known is not null
                        ? $"""
                        UPDATE idempotency SET subject_id = @id, answered_at = @now, expires = @expires
                        WHERE council = @Council AND client_id = @clientId AND kind = {ReferenceKinds.Update} AND ref_key = @refKey
                        """
                        : $"""
                    INSERT INTO idempotency (council, client_id, kind, ref_key, subject_id, answered_at, repeats, expires)
                    VALUES (@Council, @clientId, {ReferenceKinds.Update}, @refKey, @id, @now, 0, @expires)
                    """,
                    new { backEnd.Council, clientId, refKey, id, now, expires = now + options.Value.RememberReferences.Ms() });

                // -1 marks attachments of an update of a case without a report in the gateway.
                await AttachmentStore.AdoptAsync(db, reportId == 0 ? -1 : reportId, update.Attachments);

                // The back end does not accept updates: the update is stored but not delivered.
                if (!acceptsUpdates)
                    return false;

                await db.ExecuteAsync(
                    $"""
                    INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created,
                        first_tried, attempts, failures, may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
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

    private static Task<KnownUpdate?> FindAsync(DbSession db, string council, long clientId, byte[] refKey) => db.FirstAsync<KnownUpdate>(
        $"""
        SELECT u.status AS Status, u.payload AS Payload FROM idempotency i LEFT JOIN client_update u ON u.id = i.subject_id
        WHERE i.council = @council AND i.client_id = @clientId AND i.kind = {ReferenceKinds.Update} AND i.ref_key = @refKey
        """,
        new { council, clientId, refKey });

    private sealed class KnownUpdate
    {
        public string? Status { get; init; }

        public byte[]? Payload { get; init; }

        /// <summary>Whether the update was accepted with the same status and text. If its content has been deleted, only the status is compared.</summary>
        public bool IsSame(ClientUpdate update) => (Status is null || Status == update.Status)
            && (Payload is null or [] || JsonSerializer.Deserialize(Payload, ReportJson.Default.StoredClientUpdate)!.Description == update.Description);
    }
}
