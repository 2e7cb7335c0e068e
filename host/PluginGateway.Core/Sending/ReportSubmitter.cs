using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Submits a report that passed all checks: plans and routes it, accepts it durably, wakes its lane, and waits for the outcome of the first
/// attempt where clients get the council's own ids.
/// </summary>
internal sealed class ReportSubmitter(
    RouteTable routes, Planner planner, AdapterCaller adapters, ReportAcceptor acceptor, Lanes lanes, LaneHealth health, DeliveryWaiters waiters,
    TimeProvider time, ILogger<ReportSubmitter> log)
{
    /// <summary>Submits a report.</summary>
    /// <param name="incoming">The report.</param>
    /// <param name="aborted">Cancels the planning before the report is accepted, and the waiting afterwards. It never cancels the sending.</param>
    /// <returns>The state of the report at the end of the wait.</returns>
    public async Task<AcceptResult> SubmitAsync(IncomingReport incoming, CancellationToken aborted)
    {
        var report = await PrepareAsync(incoming, aborted);

        // From here on the report is accepted even if the client disconnects.
        var accepted = await acceptor.AcceptAsync(report, CancellationToken.None);
        if (accepted.Conflict || accepted.ChangedTooOften)
            return accepted;
        if (!accepted.Repeat)
            log.Accepted(accepted.OwnId, report.Council.JurisdictionId, report.Service.Code, accepted.Revision, report.Route.Name);

        var type = report.Service.Service.Type;
        var waits = report.Council.Mode == AnswerMode.Direct && type == ServiceType.Realtime && accepted.PublicId is null;
        if (waits)
            accepted = await WaitAsync(report, accepted, aborted);
        else
            await lanes.WakeAsync(report.Route, first: null, CancellationToken.None);
        foreach (var copy in report.Copies)
            await lanes.WakeAsync(copy.To, first: null, CancellationToken.None);

        if (accepted.PublicId is not null || accepted.Rejection is not null || type != ServiceType.Realtime)
            return accepted;
        // A report without a reference would not be recognised when it is sent again.
        if (waits && report.Council.WhenSlow == WhenSlow.RetryLater && report.Reference is not null)
            return accepted with { RetryLater = true };
        return accepted with { PublicId = await acceptor.FixIdAsync(accepted.ReportId, accepted.Revision, CancellationToken.None) };
    }

    private async Task<NewReport> PrepareAsync(IncomingReport incoming, CancellationToken ct)
    {
        var (council, service) = (incoming.Council, incoming.Service);
        var reference = incoming.Request.Answer(PublishedServicesBuilder.ReferenceCode) is { Length: > 0 } given ? given : null;
        var request = incoming.Request with { Reference = reference ?? incoming.IdempotencyKey };
        if (await planner.PlanAsync(service.Owner, request, ct) is { } plan)
            request = request with { Plan = plan };
        return new NewReport
        {
            Council = council,
            Service = service,
            Route = await routes.RouteAsync(council, service, ct),
            ClientId = incoming.Client.Id,
            ClientName = incoming.Client.Name,
            Request = request,
            Copies = council.Copies.For(service.Code, request, request.Plan),
            Fingerprint = Fingerprint.Of(service.Code, request, adapters.Describe(service.Owner)?.IdentityAttributes ?? []),
            Reference = incoming.IdempotencyKey is { } key ? "key:" + key : reference,
            ReferenceIsKey = incoming.IdempotencyKey is not null,
        };
    }

    /// <summary>
    /// Waits until the first attempt is recorded or the council's time limit is reached. Several requests may wait for one delivery. Returns immediately
    /// if the delivery would not be sent now.
    /// </summary>
    private async Task<AcceptResult> WaitAsync(NewReport report, AcceptResult accepted, CancellationToken aborted)
    {
        if (!IsUnderWay(accepted)
            || await health.IsSuspendedAsync(
                await lanes.IdAsync(report.Route, CancellationToken.None), report.Route, report.Service.Code, CancellationToken.None))
        {
            await lanes.WakeAsync(report.Route, first: null, CancellationToken.None);
            return accepted;
        }

        using var waiter = waiters.Begin(accepted.DeliveryId);
        await lanes.WakeAsync(report.Route, accepted.DeliveryId, CancellationToken.None);
        try
        {
            // Read after the waiter has been registered: an attempt that was recorded just before has not signalled it.
            if (IsUnderWay(await acceptor.ReadAsync(accepted, CancellationToken.None)))
                await waiter.Recorded.WaitAsync(report.Council.AnswerWithin, time, aborted);
        }
        catch (TimeoutException)
        {
            // The caller applies the council's setting for slow responses.
        }

        return await acceptor.ReadAsync(accepted, CancellationToken.None);
    }

    private static bool IsUnderWay(AcceptResult report) => report.State is DeliveryState.Pending or DeliveryState.Sending;
}
