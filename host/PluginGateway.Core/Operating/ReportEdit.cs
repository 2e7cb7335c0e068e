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
/// An operator corrects a report, and it is sent with the new content: in place of the old when that has not arrived, else as a revision of its
/// own. When the client sends its own content again, that is still recognised.
/// </summary>
internal sealed class ReportEdit(
    IDatabase database, DeliveryStore store, Lanes lanes, ServiceVersions services, RouteTable routes, Planner planner, IOptions<SendingOptions> options,
    TimeProvider time)
{
    /// <summary>Corrects a report.</summary>
    /// <param name="id">The report.</param>
    /// <param name="councils">The councils.</param>
    /// <param name="change">What is corrected.</param>
    /// <param name="revision">The revision that the operator looked at: a later one is not overwritten. Null for whatever is the latest.</param>
    /// <param name="who">Who does it.</param>
    /// <param name="why">Why.</param>
    /// <param name="ct">Cancels before it begins.</param>
    public async Task<ActionOutcome> RunAsync(
        string id, CouncilSnapshot councils, Func<ServiceRequest, ServiceRequest> change, int? revision, string who, string why, CancellationToken ct)
    {
        var (target, problem) = await database.ReadAsync(db => DeliveryReference.FindAsync(db, id), ct);
        if (target is null)
            return ActionOutcome.No(problem);
        if (target.Kind != DeliveryKind.Report)
            return ActionOutcome.No("Only a report can be edited.");
        if (councils.Find(target.Council) is not { } council || council.BackEnds.GetValueOrDefault(target.Owner) is not { } owner)
            return ActionOutcome.No($"The council file of {target.Council} has no back end {target.Owner} any more.");

        var (reportId, latest) = (target.ReportId, await LatestAsync(target.ReportId, ct));
        if (await store.ContentAsync(reportId, latest.Revision, ct) is not { } content)
            return ActionOutcome.No("The report's content is no longer kept.");

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
                await ReportLock.TakeAsync(db, reportId);
                if (revision is not null && await db.ScalarAsync<int>("SELECT revision FROM report WHERE id = @reportId", new { reportId }) != revision)
                    return ActionOutcome.No("The client has sent other content meanwhile. Look at that first.");
                var result = await accept.ReviseAsync(db, reportId);
                if (result.TooOften)
                    return ActionOutcome.No("This report was changed as often as one can be.");
                await Audit.AddAsync(
                    db, time.NowMs(), who, "edit", council.JurisdictionId, target.OwnId, $"revision {latest.Revision}",
                    $"revision {result.Revision}, {result.OwnId}", why);
                return ActionOutcome.Yes($"revision {result.Revision}, {result.PublicId ?? result.OwnId}");
            },
            ct);
    }

    /// <summary>The same report with another description, when one is given, and other answers.</summary>
    /// <param name="request">The report.</param>
    /// <param name="description">The new description; null to keep it.</param>
    /// <param name="set">Answers by their code; one without values is taken out.</param>
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
            new { reportId, last = ReportIds.LastCase(reportId) }),
        ct))!;

    private sealed class LatestRow
    {
        public int Revision { get; init; }

        public byte[] Fingerprint { get; init; } = [];
    }
}
