using PluginGateway.Contracts;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// The operators' actions on a report or one of its deliveries. Each action and its audit entry are one transaction. No action changes a delivery
/// that is being sent.
/// </summary>
internal sealed class ReportActions(IDatabase database, OutcomeRecorder recorder, Lanes lanes, TimeProvider time)
{
    private const string CheckFirst =
        "The council's system may already have it. Check there first. If it is there, mark it as sent; if not, retry and confirm that you have "
        + "checked (in a command, use --even-if-delivered).";

    /// <summary>Sends a delivery again now.</summary>
    /// <param name="id">The report or delivery.</param>
    /// <param name="evenIfDelivered">Whether to resend even though the council's system may already have it.</param>
    /// <param name="who">The operator.</param>
    /// <param name="why">The reason.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    public Task<ActionOutcome> ResendAsync(string id, bool evenIfDelivered, string who, string why, CancellationToken ct) =>
        ChangeAsync(id, "resend", who, why, async (db, target, now) =>
        {
            if (target.State is DeliveryState.Sent)
                return ActionOutcome.No($"{target.Name} was already sent. To send different content, edit the report.");
            if (target.State is DeliveryState.Pending)
                return ActionOutcome.No($"{target.Name} is already waiting to be sent.");
            if ((target.MayHaveBeenDelivered || target.State == DeliveryState.Unknown) && !evenIfDelivered)
                return ActionOutcome.No(CheckFirst);

            await db.ExecuteAsync(
                $"""
                UPDATE delivery SET state = {States.Pending}, hold = CASE WHEN hold = {Holds.WaitsForEarlier} THEN {Holds.WaitsForEarlier}
                    ELSE {Holds.None} END, due = @now, first_tried = 0, failures = 0, may_have_been_delivered = 0, absent = 0, cause = '' WHERE id = @Id
                """,
                new { target.Id, now });
            return ActionOutcome.Yes("pending");
        }, State, "Queued for sending.", ct);

    /// <summary>Cancels a delivery and those that depend on it.</summary>
    public Task<ActionOutcome> CancelAsync(string id, string who, string why, CancellationToken ct) =>
        ChangeAsync(id, "cancel", who, why, async (db, target, now) =>
        {
            if (target.State is DeliveryState.Sent or DeliveryState.Cancelled)
                return ActionOutcome.No($"{target.Name} is already {target.State.ToString().ToLowerInvariant()}.");

            await db.ExecuteAsync(
                $"UPDATE delivery SET state = {States.Cancelled}, cause = @why WHERE id = @Id",
                new { target.Id, why = StoredText.Truncate($"Cancelled by an operator: {why}") });
            // A cancellation is an event of the report, so the retention period of its personal data starts now.
            await db.ExecuteAsync("UPDATE report SET updated = @now WHERE id = @ReportId", new { target.ReportId, now });
            if (target.Kind == DeliveryKind.Report)
            {
                // The deliveries that depend on this one are cancelled too, but not a newer revision of the report.
                await db.ExecuteAsync(
                    $"""
                    UPDATE delivery SET state = {States.Cancelled}, cause = 'Its report was cancelled.'
                    WHERE report_id = @ReportId AND after_id = @Id AND kind IN ({Kinds.Copy}, {Kinds.Update}, {Kinds.FollowUp})
                        AND kind <> {Kinds.Report} AND state IN ({States.Pending}, {States.Retrying}, {States.Held}, {States.Failed})
                    """,
                    new { target.ReportId, target.Id });
            }

            // Steps after a cancelled step cannot run.
            while (target.Kind == DeliveryKind.FollowUp && await db.ExecuteAsync(
                $"""
                UPDATE delivery SET state = {States.Cancelled}, cause = 'The previous step was cancelled.'
                WHERE report_id = @ReportId AND kind = {Kinds.FollowUp} AND kind <> {Kinds.Report} AND hold = {Holds.WaitsForEarlier}
                    AND state <> {States.Cancelled}
                    AND after_id IN (SELECT id FROM delivery WHERE report_id = @ReportId AND kind = {Kinds.FollowUp} AND kind <> {Kinds.Report}
                    AND state = {States.Cancelled})
                """,
                new { target.ReportId }) > 0)
            {
            }

            return ActionOutcome.Yes("cancelled");
        }, State, "Cancelled.", ct);

    /// <summary>Marks a delivery as sent, because an operator has found it in the council's system.</summary>
    public Task<ActionOutcome> MarkSentAsync(
        string id, string? externalId, Func<string, string, BackEnd?> find, string who, string why, CancellationToken ct) =>
        ChangeAsync(id, "mark-sent", who, why, async (db, target, now) =>
        {
            if (target.State == DeliveryState.Sent)
                return ActionOutcome.No($"{target.Name} was already sent.");
            if (target.Kind == DeliveryKind.Report && find(target.Council, target.DestKey) is { } backEnd)
                await recorder.MarkedAsync(db, target.ToClaimed(), backEnd, target.Owner, new Submission { BackEndId = externalId }, now);
            else
                await db.ExecuteAsync(
                    $"UPDATE delivery SET state = {States.Sent}, may_have_been_delivered = 0, cause = '', backend_id = @externalId WHERE id = @Id",
                    new { target.Id, externalId });
            return ActionOutcome.Yes(externalId is null ? "sent" : $"sent as {externalId}");
        }, State, externalId is null ? "Marked as sent." : $"Marked as sent with the id {externalId}.", ct);

    /// <summary>Sends one report through another back end.</summary>
    public async Task<ActionOutcome> RouteAsync(string id, BackEnd to, string who, string why, CancellationToken ct)
    {
        var laneId = await lanes.IdAsync(to, ct);
        return await ChangeAsync(id, "route", who, why, async (db, target, now) =>
        {
            if (target.Kind != DeliveryKind.Report || target.Council != to.Council)
                return ActionOutcome.No("Only reports can be sent through another back end, and only through one of the same council.");
            if (target.State is not (DeliveryState.Pending or DeliveryState.Retrying or DeliveryState.Held or DeliveryState.Failed)
                || target.MayHaveBeenDelivered
                || target.HasNotes)
                return ActionOutcome.No(
                    $"{target.Name} cannot be sent through another back end, because it is {target.State.ToString().ToLowerInvariant()} "
                        + $"or because {target.DestKey} may already have it.");

            await RouteActions.MoveAsync(db, [target.Id], to.Name, laneId, now);
            return ActionOutcome.Yes(to.Name);
        }, static t => t.DestKey, $"Queued for sending through {to.Name}.", ct);
    }

    private static string State(DeliveryReference target) => target.State.ToString().ToLowerInvariant();

    private async Task<ActionOutcome> ChangeAsync(
        string id, string action, string who, string why, Func<DbSession, DeliveryReference, long, Task<ActionOutcome>> change,
        Func<DeliveryReference, string> before, string done, CancellationToken ct) =>
        await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                var (target, problem) = await DeliveryReference.FindAsync(db, id);
                if (target is null)
                    return ActionOutcome.No(problem);
                await ReportLock.AcquireAsync(db, target.ReportId, target.Id);
                // Read again under the lock, because another host may have changed it.
                if (db.Dialect.HasSeveralWriters)
                    target = (await DeliveryReference.FindAsync(db, id)).Found ?? target;
                if (target.State == DeliveryState.Sending)
                    return ActionOutcome.No($"{target.Name} is being sent right now. Try again in a minute.");

                var result = await change(db, target, now);
                if (!result.Done)
                    return result;

                // Deliveries that waited for this one may be sent now.
                await Dependencies.ReleaseAsync(db, target.ReportId, now);
                await Audit.AddAsync(
                        db, now, who, action, target.Council, target.OwnId.Length > 0 ? target.OwnId : id, before(target), result.Text, why);
                return ActionOutcome.Yes(done);
            },
            ct);
}
