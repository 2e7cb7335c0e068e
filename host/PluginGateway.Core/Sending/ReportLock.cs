using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Locks a report for a write that reads its state and then decides. Such a write locks first, so that no other host changes the report or its
/// deliveries, or adds deliveries, before the decision is stored.
/// </summary>
internal static class ReportLock
{
    /// <summary>Acquires the lock until the end of the transaction.</summary>
    /// <param name="db">The transaction.</param>
    /// <param name="reportId">The report; 0 for an update of a case without a report in the gateway.</param>
    /// <param name="deliveryId">The delivery, if there is no report; 0 if it is not known.</param>
    public static async Task AcquireAsync(DbSession db, long reportId, long deliveryId = 0)
    {
        if (reportId > 0)
            await db.LockAsync(
                $"""
                UPDATE report SET revision = revision WHERE id = @reportId;
                UPDATE delivery SET hold = hold WHERE id BETWEEN @reportId AND @last;
                UPDATE delivery SET hold = hold WHERE report_id = @reportId AND kind <> {Kinds.Report};
                """,
                new { reportId, last = ReportIds.LastRevisionId(reportId) });
        else if (deliveryId > 0)
            await db.LockAsync("UPDATE delivery SET hold = hold WHERE id = @deliveryId", new { deliveryId });
    }
}
