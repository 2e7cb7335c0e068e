using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending.Copies;

/// <summary>Stores the deliveries of copies.</summary>
internal static class CopyStore
{
    /// <summary>Adds the copy of a revision for one destination unless it already exists.</summary>
    public static Task AddAsync(DbSession db, long reportId, int revision, long reportDelivery, CopyDestination copy, long now) => db.ExecuteAsync(
        $"""
        INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created, first_tried,
            attempts, failures, may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
        SELECT @id, @reportId, @revision, {Kinds.Copy}, 0, @Name, @LaneId, {States.Pending}, @hold, @after, @now, @now, 0, 0, 0, 0, '', 0, '', ''
        WHERE NOT EXISTS (SELECT 1 FROM delivery d WHERE d.report_id = @reportId AND d.revision = @revision AND d.kind = {Kinds.Copy}
            AND d.kind <> {Kinds.Report} AND d.subject_id = 0 AND d.dest_key = @Name)
        """,
        new
        {
            id = ReportIds.New(UnixTime.At(now)),
            reportId,
            revision,
            copy.Name,
            copy.LaneId,
            hold = copy.AfterSending ? (int)DeliveryHold.WaitsForEarlier : (int)DeliveryHold.None,
            after = copy.AfterSending ? reportDelivery : 0,
            now,
        });

    /// <summary>Cancels the copies of older revisions that have not been sent yet.</summary>
    public static Task SupersedeAsync(DbSession db, long reportId, int revision) => db.ExecuteAsync(
        $"""
        UPDATE delivery SET state = {States.Cancelled}, cause = 'Replaced by a newer revision of the report.'
        WHERE report_id = @reportId AND kind = {Kinds.Copy} AND kind <> {Kinds.Report} AND revision < @revision
            AND state IN ({States.Pending}, {States.Retrying}, {States.Held}, {States.Failed})
        """,
        new { reportId, revision });
}

/// <summary>The destination of a copy, and whether the copy waits until its report has been sent.</summary>
internal sealed record CopyDestination(string Name, long LaneId, bool AfterSending);
