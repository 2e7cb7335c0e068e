using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;

namespace PluginGateway.Host.Open311;

/// <summary>Handles POST Service Request (GeoReport v2): validates the report, submits it and returns its id or token.</summary>
internal sealed class PostReportHandler(
    ServicesHandler services, Uploads uploads, ReportSubmitter submitter, QueueLimit queue, TimeProvider time)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(60);

    public async Task<Open311Response> HandleAsync(Open311Request call)
    {
        // The key is checked first, so that nobody can probe for services without one.
        var (council, client, refusal) = ApiRequestContext.ForWriting(call);
        if (refusal is not null)
            return refusal;
        (var published, refusal) = await services.ServicesAsync(council, call.Aborted);
        if (refusal is not null)
            return refusal;

        var arguments = call.Arguments;
        if (arguments.One("service_code") is not { } code)
        {
            arguments.Missing("service_code");
            return Open311Response.BadRequest(arguments.Problems);
        }

        if (published!.Find(code) is not { } service)
            return Open311Response.NotFound("service_code", code);

        if (await queue.IsFullAsync(council, call.Aborted))
            return Open311Response.QueueFull();

        var files = ReportParser.Files(arguments);
        var request = ReportParser.Read(arguments, council, service.Service, client!.Strict, time.GetUtcNow());
        if (arguments.Problems.Count > 0)
            return Open311Response.BadRequest(arguments.Problems);
        if (await uploads.FindProblemAsync(files, call.Aborted) is { } invalidFiles)
            return invalidFiles;

        request = request with { Attachments = await uploads.SaveAsync(files, call.Aborted) };
        arguments.ReleaseFiles();
        AcceptResult? submitted = null;
        try
        {
            submitted = await submitter.SubmitAsync(new IncomingReport(council, service, client, request, IdempotencyKey(call)), call.Aborted);
            return ToAnswer(call, service.Service.Type, submitted);
        }
        finally
        {
            if (submitted is null or { Repeat: true } or { Conflict: true } or { ChangedTooOften: true })
                await uploads.DiscardAsync(request.Attachments);
        }
    }

    private static string? IdempotencyKey(Open311Request call) =>
        call.Http.Request.Headers["Idempotency-Key"].FirstOrDefault() is { Length: > 0 } header ? WireText.Clean(header.Trim()) : null;

    private static Open311Response ToAnswer(Open311Request call, ServiceType type, AcceptResult report) => report switch
    {
        { Conflict: true } =>
            Open311Response.Error(StatusCodes.Status409Conflict, "This Idempotency-Key was already used for a different report.", ErrorCodes.KeyReused),
        { ChangedTooOften: true } => Open311Response.Error(
            StatusCodes.Status409Conflict, $"This report was already changed {ReportIds.MaxRevisions - 1} times. Send further changes as a new report.",
            ErrorCodes.ChangedTooOften),
        // Once an id has been returned, it remains the response, even if the report has been rejected since.
        { PublicId: null, Rejection: { } reason } => Open311Response.Error(StatusCodes.Status400BadRequest, reason, ErrorCodes.Refused),
        { RetryLater: true } => BeingSent() with { RetryAfter = RetryDelay },
        _ => Accepted(call, type, report),
    };

    private static Open311Response BeingSent() =>
        Open311Response.Error(StatusCodes.Status503ServiceUnavailable, "The report was accepted and is being sent. Repeat the request later to get its id.");

    private static Open311Response Accepted(Open311Request call, ServiceType type, AcceptResult accepted)
    {
        var account = call.Arguments.Line("account_id");
        return new Open311Response.Written(writer =>
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
}
