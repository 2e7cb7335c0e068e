using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

internal static partial class SendingLog
{
    [LoggerMessage(5000, LogLevel.Information, "Report {ReportId} was delivered to {BackEnd} as {Id}, on attempt {Attempt}.")]
    public static partial void Sent(this ILogger log, string reportId, string id, string backEnd, int attempt);

    [LoggerMessage(5001, LogLevel.Warning, "Delivery {Delivery} to {BackEnd}, attempt {Attempt}: {Outcome}; now {State}, due {Due:O}. {Cause} {Detail}")]
    public static partial void NotSent(
        this ILogger log, long delivery, string backEnd, int attempt, AttemptOutcome outcome, string cause, string detail, DeliveryState state,
        DateTimeOffset due);

    [LoggerMessage(5002, LogLevel.Error, "Delivery {Delivery} was interrupted; it will be retried when its lease expires.")]
    public static partial void DeliveryFailed(this ILogger log, long delivery, Exception e);

    [LoggerMessage(5003, LogLevel.Warning, "Deliveries taken over from a process that has exited: {Count}.")]
    public static partial void Recovered(this ILogger log, int count);

    [LoggerMessage(5004, LogLevel.Warning, "{BackEnd}: planning a report failed: {Problem}")]
    public static partial void PlannerFailed(this ILogger log, string backEnd, string problem);

    [LoggerMessage(5005, LogLevel.Information, "Update {Update} to {BackEnd}: {Result}")]
    public static partial void UpdateSent(this ILogger log, string update, string backEnd, string result);

    [LoggerMessage(
        5006, LogLevel.Information, "Report {ReportId} was accepted for {Council}, service {Service}, revision {Revision}, to be sent through {BackEnd}.")]
    public static partial void Accepted(this ILogger log, string reportId, string council, string service, int revision, string backEnd);

    [LoggerMessage(5007, LogLevel.Warning, "{BackEnd}: sending stopped after repeated failures; next attempt at {Next:O}. Cause: {Cause}")]
    public static partial void BreakerOpened(this ILogger log, string backEnd, string cause, DateTimeOffset next);

    [LoggerMessage(5008, LogLevel.Information, "{BackEnd}: the back end answers again; sending resumed.")]
    public static partial void BreakerClosed(this ILogger log, string backEnd);

    [LoggerMessage(
        5009, LogLevel.Error,
        "{BackEnd}: sending stopped because the council's system rejected the settings, or gave an answer that suggests that they are wrong. It resumes "
        + "when the council file is corrected or a test report is accepted. Cause: {Cause}")]
    public static partial void SuspendedForSettings(this ILogger log, string backEnd, string cause);

    [LoggerMessage(5010, LogLevel.Warning, "Saving the latest counts for the charts failed: {Problem}.")]
    public static partial void HoursNotCounted(this ILogger log, string problem);

    [LoggerMessage(
        5011, LogLevel.Error,
        "{BackEnd}: sending stopped because the council's system gave an answer that suggests wrong settings and does not show whether the report arrived. "
        + "Sending resumes when the council file is edited or an operator resumes it. Cause: {Cause}")]
    public static partial void SuspendedForUnclearAnswers(this ILogger log, string backEnd, string cause);

    [LoggerMessage(
        6000, LogLevel.Error, "Database error: {Problem}. Accepted reports wait; clients are answered with 503 and Retry-After.")]
    public static partial void DatabaseFailing(this ILogger log, string problem);

    [LoggerMessage(6001, LogLevel.Information, "The database is available again.")]
    public static partial void DatabaseIsBack(this ILogger log);

    [LoggerMessage(6002, LogLevel.Error, "Heartbeat failed; retrying.")]
    public static partial void HeartbeatFailed(this ILogger log, Exception e);
}
