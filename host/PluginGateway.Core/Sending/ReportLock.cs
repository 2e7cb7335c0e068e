using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// For a write that reads how a report stands and then decides: the first thing such a write does, so that no other host changes the report or
/// its deliveries, or adds to them, before the decision is stored.
/// </summary>
internal static class ReportLock
{
    /// <summary>Takes it.</summary>
    /// <param name="db">The write.</param>
    /// <param name="reportId">The report; 0 for an update of a case that the gateway has no report of.</param>
    /// <param name="deliveryId">The delivery that it is about, where that is known.</param>
    public static async Task TakeAsync(DbSession db, long reportId, long deliveryId = 0)
    {
        if (reportId > 0)
            await db.LockAsync(
                $"""
                UPDATE report SET revision = revision WHERE id = @reportId;
                UPDATE delivery SET hold = hold WHERE id BETWEEN @reportId AND @last;
                UPDATE delivery SET hold = hold WHERE report_id = @reportId AND kind <> {Kinds.Report};
                """,
                new { reportId, last = ReportIds.LastCase(reportId) });
        else if (deliveryId > 0)
            await db.LockAsync("UPDATE delivery SET hold = hold WHERE id = @deliveryId", new { deliveryId });
    }
}
