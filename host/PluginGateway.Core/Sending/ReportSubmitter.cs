using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Submits a report that passed every check: plans and routes it, accepts it durably, has it sent, and waits for the outcome of the first attempt
/// where the council wants its own ids to be told.
/// </summary>
internal sealed class ReportSubmitter(
    RouteTable routes, Planner planner, AdapterCaller adapters, ReportAcceptor acceptor, Lanes lanes, LaneHealth health, DeliveryWaiters waiters,
    TimeProvider time, ILogger<ReportSubmitter> log)
{
    /// <summary>Submits a report.</summary>
    /// <param name="incoming">The report.</param>
    /// <param name="aborted">Ends the planning before the report is accepted, and the waiting afterwards; never the sending.</param>
    /// <returns>What is known about the report in time.</returns>
    public async Task<AcceptResult> SubmitAsync(IncomingReport incoming, CancellationToken aborted)
    {
        var report = await PrepareAsync(incoming, aborted);

        // From here on the report counts, whether or not the client stays to hear it.
        var accepted = await acceptor.AcceptAsync(report, CancellationToken.None);
        if (accepted.Conflict || accepted.TooOften)
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
        // A report without a reference cannot be sent again and be recognised.
        if (waits && report.Council.WhenSlow == WhenSlow.RetryLater && report.Reference is not null)
            return accepted with { AskAgain = true };
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
    /// Waits for the first attempt to be recorded, within the council's time. Several requests may wait for one delivery; a lane that is closed
    /// is not waited for.
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
            // Read once the wait has begun: an attempt that was recorded just before has signalled nobody.
            if (IsUnderWay(await acceptor.ReadAsync(accepted, CancellationToken.None)))
                await waiter.Recorded.WaitAsync(report.Council.AnswerWithin, time, aborted);
        }
        catch (TimeoutException)
        {
            // Slow: the council's file says what is answered then.
        }

        return await acceptor.ReadAsync(accepted, CancellationToken.None);
    }

    private static bool IsUnderWay(AcceptResult report) => report.State is DeliveryState.Pending or DeliveryState.Sending;
}
