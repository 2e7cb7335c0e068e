using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Closures;

namespace PluginGateway.Host.Open311;

/// <summary>POST requests: check everything, accept durably, then answer with the id there is.</summary>
internal sealed class PostReportHandler(
    CouncilOfCall councils, ServicesHandler services, RouteTable routes, Uploads uploads, Planner planner, AdapterCaller adapters, ReportAcceptor acceptor,
    LaneIds laneIds, Lanes lanes, ClosureTable closures, Breakers breakers, DeliveryWaiters waiters, TimeProvider time, ILogger<PostReportHandler> log)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(60);

    public async Task<Answer> HandleAsync(Call call)
    {
        // The key before anything else is looked at, so that services cannot be probed without one.
        var (council, client, refusal) = await councils.ForWritingAsync(call);
        if (refusal is not null)
            return refusal;
        (var published, refusal) = await services.ServicesAsync(council, call.Aborted);
        if (refusal is not null)
            return refusal;

        var arguments = call.Arguments;
        if (arguments.One("service_code") is not { } code)
        {
            arguments.Missing("service_code");
            return Answer.BadRequest(arguments.Problems);
        }

        if (published!.Find(code) is not { } service)
            return Answer.NotFound("service_code", code);

        var request = ReportReading.Read(arguments, council, service.Service, client!.Strict, time.GetUtcNow());
        if (arguments.Problems.Count > 0)
            return Answer.BadRequest(arguments.Problems);
        if (await uploads.WhyNotAsync(arguments.Files, call.Aborted) is { } tooMuch)
            return tooMuch;

        var report = await ToReportAsync(call, council, client, service, request);

        // From here on the report counts, whether or not the client stays to hear it.
        var accepted = await acceptor.AcceptAsync(report, CancellationToken.None);
        if (accepted.Conflict)
            return Answer.Error(StatusCodes.Status409Conflict, "This Idempotency-Key was used before, for a different report.", ErrorCodes.KeyReused);
        if (accepted.TooOften)
            return Answer.Error(StatusCodes.Status409Conflict, $"This report was changed {OwnIds.MostRevisions - 1} times: send what is new as a report of its own.", ErrorCodes.ChangedTooOften);
        if (!accepted.Repeat)
            log.Accepted(accepted.OwnId, council.JurisdictionId, service.Code, accepted.Revision, report.Route.Name);

        return await AnswerAsync(call, report, accepted);
    }

    private async Task<NewReport> ToReportAsync(Call call, Council council, ApiClient client, PublishedService service, ServiceRequest request)
    {
        var key = call.Http.Request.Headers["Idempotency-Key"].FirstOrDefault() is { Length: > 0 } header ? WireText.Clean(header.Trim()) : null;
        var reference = request.Answer(PublishedServicesBuilder.ReferenceCode) is { Length: > 0 } given ? given : null;
        var route = await routes.RouteAsync(council, service, call.Aborted);
        request = request with
        {
            Reference = reference ?? key,
            Attachments = await uploads.SaveAsync(call.Arguments.Files, call.Aborted),
        };
        if (await planner.PlanAsync(service.Owner, request, call.Aborted) is { } plan)
            request = request with { Plan = plan };
        var identity = adapters.Describe(service.Owner)?.Identity ?? [];
        return new NewReport
        {
            Council = council,
            Service = service,
            Route = route,
            ClientId = client.Id,
            ClientName = client.Name,
            Request = request,
            Copies = council.Copies.For(service.Code, request, request.Plan),
            Fingerprint = Fingerprint.Of(service.Code, request, identity),
            Reference = key is not null ? "key:" + key : reference,
            ReferenceIsKey = key is not null,
        };
    }

    private async Task<Answer> AnswerAsync(Call call, NewReport report, AcceptResult accepted)
    {
        var type = report.Service.Service.Type;
        var waits = report.Council.Mode == AnswerMode.Direct && type == ServiceType.Realtime && accepted.PublicId is null;
        if (waits)
            // A lost connection ends the wait, never the sending.
            accepted = await WaitAsync(report, accepted, call.Aborted);
        else
            await lanes.WakeAsync(report.Route, first: null, CancellationToken.None);
        foreach (var copy in report.Copies)
            await lanes.WakeAsync(copy.To, first: null, CancellationToken.None);

        // An id that was told stays the answer, whatever became of the report since.
        if (accepted.PublicId is null && accepted.Rejection is { } reason)
            return Rejected(reason);
        if (accepted.PublicId is not null || type != ServiceType.Realtime)
            return Accepted(call, type, accepted);
        // A report without reference cannot be sent again and be the same.
        if (waits && report.Council.WhenSlow == WhenSlow.RetryLater && report.Reference is not null)
            return Answer.Error(StatusCodes.Status503ServiceUnavailable, "The report is accepted and being sent. Send it again later to hear its id.") with { RetryAfter = AskAgain };

        return Accepted(call, type, accepted with { PublicId = await acceptor.FixIdAsync(accepted.ReportId, accepted.Revision, CancellationToken.None) });
    }

    /// <summary>
    /// Waits for the first try to be recorded, within the council's time. Several requests may wait for one delivery. A lane that is closed
    /// is not waited for.
    /// </summary>
    private async Task<AcceptResult> WaitAsync(NewReport report, AcceptResult accepted, CancellationToken aborted)
    {
        if (accepted.State is not (DeliveryState.Pending or DeliveryState.Sending) || await IsClosedAsync(report))
        {
            await lanes.WakeAsync(report.Route, first: null, CancellationToken.None);
            return accepted;
        }

        using var waiter = waiters.Begin(accepted.DeliveryId);
        await lanes.WakeAsync(report.Route, accepted.DeliveryId, CancellationToken.None);
        try
        {
            // Looked at once after the wait began: a try that was recorded just before has signalled nobody.
            if (await acceptor.LookAsync(accepted, CancellationToken.None) is { State: DeliveryState.Pending or DeliveryState.Sending })
                await waiter.Recorded.WaitAsync(report.Council.AnswerWithin, time, aborted);
        }
        catch (TimeoutException)
        {
            // Slow: what is answered then is the council's choice.
        }

        return await acceptor.LookAsync(accepted, CancellationToken.None);
    }

    private async ValueTask<bool> IsClosedAsync(NewReport report) =>
        adapters.CannotSend(report.Route)
        || await closures.IsClosedAsync(report.Route, report.Service.Code, CancellationToken.None)
        || await breakers.PermitAsync(await laneIds.OfAsync(report.Route, CancellationToken.None), CancellationToken.None) != BreakerPermit.Free;

    private static Answer Accepted(Call call, ServiceType type, AcceptResult accepted)
    {
        var account = call.Arguments.Line("account_id");
        return new Answer.Written(writer =>
        {
            writer.StartList("service_requests", "request");
            writer.StartItem();
            if (type == ServiceType.Batch)
                writer.Text("token", accepted.Token);
            else if (type == ServiceType.Realtime)
                writer.Text("service_request_id", accepted.PublicId);
            writer.Text("service_notice", accepted.Notice);
            writer.Text("account_id", account);
            writer.EndItem();
            writer.EndList();
        });
    }

    private static Answer Rejected(string reason) => Answer.Error(StatusCodes.Status400BadRequest, reason, ErrorCodes.Refused);
}
