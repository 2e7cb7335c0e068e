using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Accepts a report that passed all checks: writes report, revision, plan and delivery in one transaction, or recognises the report as a repeat. When this
/// returns, the report will be delivered once, even if the process crashes.
/// </summary>
internal sealed class ReportAcceptor(IDatabase database, Lanes lanes, ServiceVersions services, IOptions<SendingOptions> options)
{
    public async Task<AcceptResult> AcceptAsync(NewReport report, CancellationToken ct)
    {
        var laneId = await lanes.IdAsync(report.Route, ct);
        var serviceId = await services.IdAsync(report.Service.Service, ct);
        var copies = report.Copies.Count == 0 ? [] : await lanes.CopiesAsync(report.Copies, ct);
        var work = new AcceptTransaction(report, laneId, serviceId, copies, options.Value.RememberReferences.Ms());
        return await database.WriteAsync(work.RunAsync, ct);
    }

    /// <summary>
    /// Fixes the gateway's own id as the id of a report whose client no longer waits, unless the back end's id was fixed first.
    /// </summary>
    /// <returns>The id for the client, as fixed in the database.</returns>
    public Task<string> FixIdAsync(long reportId, int revision, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await ReportLock.AcquireAsync(db, reportId);
            var caseId = ReportIds.RevisionId(reportId, revision);
            await db.ExecuteAsync("UPDATE report_revision SET public_id = own_id WHERE id = @caseId AND public_id IS NULL", new { caseId });
            await db.ExecuteAsync(
                "UPDATE report SET public_id = own_id WHERE id = @reportId AND revision = @revision AND public_id IS NULL", new { reportId, revision });
            return (await db.ScalarAsync<string>("SELECT public_id FROM report_revision WHERE id = @caseId", new { caseId }))!;
        },
        ct);

    /// <summary>Reads the current state of a report for a client that waits for it or has sent it again.</summary>
    public Task<AcceptResult> ReadAsync(AcceptResult accepted, CancellationToken ct) =>
        database.ReadAsync(db => AcceptTransaction.ReadResultAsync(db, accepted.ReportId, accepted.Revision), ct);
}
