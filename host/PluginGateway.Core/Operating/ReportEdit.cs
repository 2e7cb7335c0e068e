using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>
/// Corrects a report and sends it with the new content: instead of the old content if that has not been delivered, otherwise as a new revision. The client's
/// own content is still recognised as a repeat when the client sends it again.
/// </summary>
internal sealed class ReportEdit(
    IDatabase database, DeliveryStore store, Lanes lanes, ServiceVersions services, RouteTable routes, Planner planner, IOptions<SendingOptions> options,
    TimeProvider time)
{
    /// <summary>Corrects a report.</summary>
    /// <param name="id">The report.</param>
    /// <param name="councils">The current councils.</param>
    /// <param name="change">Applies the corrections.</param>
    /// <param name="revision">The revision that was shown to the operator; a later one is not overwritten. Null for the latest revision.</param>
    /// <param name="who">The operator.</param>
    /// <param name="why">The reason.</param>
    /// <param name="ct">Cancels before the write begins.</param>
    public async Task<ActionOutcome> RunAsync(
        string id, CouncilSnapshot councils, Func<ServiceRequest, ServiceRequest> change, int? revision, string who, string why, CancellationToken ct)
    {
        var (target, problem) = await database.ReadAsync(db => DeliveryReference.FindAsync(db, id), ct);
        if (target is null)
            return ActionOutcome.No(problem);
        if (target.Kind != DeliveryKind.Report)
            return ActionOutcome.No("Only reports can be edited.");
        if (councils.Find(target.Council) is not { } council || council.BackEnds.GetValueOrDefault(target.Owner) is not { } owner)
            return ActionOutcome.No($"The council file of {target.Council} no longer contains the back end {target.Owner}, so this report cannot be edited.");

        var (reportId, latest) = (target.ReportId, await LatestAsync(target.ReportId, ct));
        if (await store.ContentAsync(reportId, latest.Revision, ct) is not { } content)
            return ActionOutcome.No("The report's content was deleted after its retention period, so it cannot be edited.");

        var edited = change(content.Request) with { ReceivedAt = time.GetUtcNow(), Plan = null };
        edited = edited with { Plan = await planner.PlanAsync(owner, edited, ct) };
        var service = new PublishedService { Code = content.ServiceCode, Service = edited.Service, Owner = owner };
        var report = new NewReport
        {
            Council = council,
            Service = service,
            Route = council.BackEnds.GetValueOrDefault(target.DestKey) is { } now && target.State != DeliveryState.Sent
                ? now
                : await routes.RouteAsync(council, service, ct),
            ClientId = 0,
            ClientName = who,
            Source = "operator",
            Request = edited,
            Fingerprint = latest.Fingerprint,
            Copies = council.Copies.For(content.ServiceCode, edited, edited.Plan),
        };
        IReadOnlyList<CopyDestination> copies = await lanes.CopiesAsync(report.Copies, ct);
        var accept = new AcceptTransaction(
            report, await lanes.IdAsync(report.Route, ct), await services.IdAsync(edited.Service, ct), copies, options.Value.RememberReferences.Ms());
        return await database.WriteAsync(
            async db =>
            {
                await ReportLock.AcquireAsync(db, reportId);
                if (revision is not null && await db.ScalarAsync<int>("SELECT revision FROM report WHERE id = @reportId", new { reportId }) != revision)
                    return ActionOutcome.No("The report has changed in the meantime. Check it before you edit it.");
                var result = await accept.ReviseAsync(db, reportId);
                if (result.ChangedTooOften)
                    return ActionOutcome.No("This report has reached the maximum number of revisions and cannot be edited again.");
                await Audit.AddAsync(
                    db, time.NowMs(), who, "edit", council.JurisdictionId, target.OwnId, $"revision {latest.Revision}",
                    $"revision {result.Revision}, {result.OwnId}", why);
                return ActionOutcome.Yes($"Revision {result.Revision} was queued for sending. Its id is {result.PublicId ?? result.OwnId}.");
            },
            ct);
    }

    /// <summary>Returns the report with a new description, if one is given, and changed answers.</summary>
    /// <param name="request">The report.</param>
    /// <param name="description">The new description; null to keep it.</param>
    /// <param name="set">The changed answers by their code. One without values is removed.</param>
    public static ServiceRequest Change(ServiceRequest request, string? description, IReadOnlyList<(string Code, IReadOnlyList<string> Values)> set)
    {
        var answers = request.Answers.ToList();
        foreach (var (code, values) in set)
        {
            var answer = new ReportAnswer { Code = code, Values = values };
            var at = answers.FindIndex(a => a.Code == code);
            if (values.Count == 0)
                answers.RemoveAll(a => a.Code == code);
            else if (at < 0)
                answers.Add(answer);
            else
                answers[at] = answer;
        }

        return request with { Description = description ?? request.Description, Answers = answers };
    }

    private async Task<LatestRow> LatestAsync(long reportId, CancellationToken ct) => (await database.ReadAsync(
        db => db.FirstAsync<LatestRow>(
            "SELECT revision AS Revision, fingerprint AS Fingerprint FROM report_revision WHERE id BETWEEN @reportId AND @last ORDER BY id DESC",
            new { reportId, last = ReportIds.LastRevisionId(reportId) }),
        ct))!;

    private sealed class LatestRow
    {
        public int Revision { get; init; }

        public byte[] Fingerprint { get; init; } = [];
    }
}
