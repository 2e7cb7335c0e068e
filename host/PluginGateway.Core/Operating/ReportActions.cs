using PluginGateway.Contracts;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// What an operator can do with a report or one of its deliveries. Each action is one transaction with its entry in the audit; none touches
/// a delivery that is being sent.
/// </summary>
internal sealed class ReportActions(IDatabase database, OutcomeRecorder recorder, Lanes lanes, TimeProvider time)
{
    private const string MaybeThere =
        "The council's system may have it. Look there; then mark it as sent with the id it has, or resend it with --although-it-may-be-there.";

    /// <summary>Tries again now.</summary>
    /// <param name="id">The report or delivery.</param>
    /// <param name="maybeThere">The operator knows that the council's system may have it.</param>
    /// <param name="who">Who does it.</param>
    /// <param name="why">Why.</param>
    /// <param name="ct">Cancels before it begins.</param>
    public Task<ActionOutcome> ResendAsync(string id, bool maybeThere, string who, string why, CancellationToken ct) =>
        ChangeAsync(id, "resend", who, why, async (db, target, now) =>
        {
            if (target.State is DeliveryState.Sent)
                return ActionOutcome.No($"{target.Name} was sent already. Edit it to send it with other content.");
            if (target.State is DeliveryState.Pending)
                return ActionOutcome.No($"{target.Name} waits to be sent already.");
            if ((target.MayHaveBeenDelivered || target.State == DeliveryState.Unknown) && !maybeThere)
                return ActionOutcome.No(MaybeThere);

            await db.ExecuteAsync(
                $"""
                UPDATE delivery SET state = {States.Pending}, hold = CASE WHEN hold = {Holds.WaitsForEarlier} THEN {Holds.WaitsForEarlier}
                    ELSE {Holds.None} END, due = @now, first_tried = 0, failures = 0, may_have_been_delivered = 0, absent = 0, cause = '' WHERE id = @Id
                """,
                new { target.Id, now });
            return ActionOutcome.Yes("pending");
        }, State, ct);

    /// <summary>Gives up sending, for good.</summary>
    public Task<ActionOutcome> CancelAsync(string id, string who, string why, CancellationToken ct) =>
        ChangeAsync(id, "cancel", who, why, async (db, target, now) =>
        {
            if (target.State is DeliveryState.Sent or DeliveryState.Cancelled)
                return ActionOutcome.No($"{target.Name} is {target.State.ToString().ToLowerInvariant()} already.");

            await db.ExecuteAsync(
                $"UPDATE delivery SET state = {States.Cancelled}, cause = @why WHERE id = @Id", new { target.Id, why = StoredText.Clip($"Cancelled: {why}") });
            // That is something that happened to the report: what people wrote is kept from now.
            await db.ExecuteAsync("UPDATE report SET updated = @now WHERE id = @ReportId", new { target.ReportId, now });
            if (target.Kind == DeliveryKind.Report)
            {
                // What was to follow the report has nothing to follow; newer content of it goes on.
                await db.ExecuteAsync(
                    $"""
                    UPDATE delivery SET state = {States.Cancelled}, cause = 'Its report was cancelled.'
                    WHERE report_id = @ReportId AND after_id = @Id AND kind IN ({Kinds.Copy}, {Kinds.Update}, {Kinds.FollowUp})
                        AND kind <> {Kinds.Report} AND state IN ({States.Pending}, {States.Retrying}, {States.Held}, {States.Failed})
                    """,
                    new { target.ReportId, target.Id });
            }

            // Steps behind a cancelled one would have nothing to build on.
            while (target.Kind == DeliveryKind.FollowUp && await db.ExecuteAsync(
                $"""
                UPDATE delivery SET state = {States.Cancelled}, cause = 'The step before it was cancelled.'
                WHERE report_id = @ReportId AND kind = {Kinds.FollowUp} AND kind <> {Kinds.Report} AND hold = {Holds.WaitsForEarlier}
                    AND state <> {States.Cancelled}
                    AND after_id IN (SELECT id FROM delivery WHERE report_id = @ReportId AND kind = {Kinds.FollowUp} AND kind <> {Kinds.Report}
                    AND state = {States.Cancelled})
                """,
                new { target.ReportId }) > 0)
            {
            }

            return ActionOutcome.Yes("cancelled");
        }, State, ct);

    /// <summary>An operator has seen it at the council's system.</summary>
    public Task<ActionOutcome> MarkSentAsync(
        string id, string? externalId, Func<string, string, BackEnd?> find, string who, string why, CancellationToken ct) =>
        ChangeAsync(id, "mark-sent", who, why, async (db, target, now) =>
        {
            if (target.State == DeliveryState.Sent)
                return ActionOutcome.No($"{target.Name} is marked as sent already.");
            if (target.Kind == DeliveryKind.Report && find(target.Council, target.DestKey) is { } backEnd)
                await recorder.MarkedAsync(db, target.ToClaimed(), backEnd, target.Owner, new Submission { BackEndId = externalId }, now);
            else
                await db.ExecuteAsync(
                    $"UPDATE delivery SET state = {States.Sent}, may_have_been_delivered = 0, cause = '', backend_id = @externalId WHERE id = @Id",
                    new { target.Id, externalId });
            return ActionOutcome.Yes(externalId is null ? "sent" : $"sent as {externalId}");
        }, State, ct);

    /// <summary>Sends one report by another back end.</summary>
    public async Task<ActionOutcome> RouteAsync(string id, BackEnd to, string who, string why, CancellationToken ct)
    {
        var laneId = await lanes.IdAsync(to, ct);
        return await ChangeAsync(id, "route", who, why, async (db, target, now) =>
        {
            if (target.Kind != DeliveryKind.Report || target.Council != to.Council)
                return ActionOutcome.No("Only a report can be sent by another back end, and only by one of its own council.");
            if (target.State is not (DeliveryState.Pending or DeliveryState.Retrying or DeliveryState.Held or DeliveryState.Failed)
                || target.MayHaveBeenDelivered
                || target.HasNotes)
                return ActionOutcome.No($"{target.Name} is {target.State.ToString().ToLowerInvariant()}, and {target.DestKey} has it or may have it.");

            await RouteActions.MoveAsync(db, [target.Id], to.Name, laneId, now);
            return ActionOutcome.Yes(to.Name);
        }, static t => t.DestKey, ct);
    }

    private static string State(DeliveryReference target) => target.State.ToString().ToLowerInvariant();

    private async Task<ActionOutcome> ChangeAsync(
        string id, string action, string who, string why, Func<DbSession, DeliveryReference, long, Task<ActionOutcome>> change,
        Func<DeliveryReference, string> before,
        CancellationToken ct) =>
        await database.WriteAsync(
            async db =>
            {
                var now = time.NowMs();
                var (target, problem) = await DeliveryReference.FindAsync(db, id);
                if (target is null)
                    return ActionOutcome.No(problem);
                await ReportLock.TakeAsync(db, target.ReportId, target.Id);
                // As it is now that nobody else can change it.
                if (db.Dialect.HasSeveralWriters)
                    target = (await DeliveryReference.FindAsync(db, id)).Found ?? target;
                if (target.State == DeliveryState.Sending)
                    return ActionOutcome.No($"{target.Name} is being sent at this moment. Try again in a minute.");

                var result = await change(db, target, now);
                if (!result.Done)
                    return result;

                // Whatever waited for this one may have nothing to wait for any more.
                await Dependencies.ReleaseAsync(db, target.ReportId, now);
                await Audit.AddAsync(
                        db, now, who, action, target.Council, target.OwnId.Length > 0 ? target.OwnId : id, before(target), result.Text, why);
                return result;
            },
            ct);
}
