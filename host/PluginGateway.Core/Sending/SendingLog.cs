using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

internal static partial class SendingLog
{
    [LoggerMessage(5000, LogLevel.Information, "Report {ReportId} is at {BackEnd} as {Id}, after {Tries} tries.")]
    public static partial void Sent(this ILogger log, string reportId, string id, string backEnd, int tries);

    [LoggerMessage(5001, LogLevel.Warning, "Delivery {Delivery} to {BackEnd}, try {Try}: {Outcome}. {Cause} {Detail} Now {State}, due {Due:O}.")]
    public static partial void NotSent(
        this ILogger log, long delivery, string backEnd, int @try, AttemptOutcome outcome, string cause, string detail, DeliveryState state,
        DateTimeOffset due);

    [LoggerMessage(5002, LogLevel.Error, "Delivery {Delivery} broke off; it is found again when its lease ends.")]
    public static partial void DeliveryFailed(this ILogger log, long delivery, Exception e);

    [LoggerMessage(5004, LogLevel.Warning, "{Count} deliveries were taken over from a process that is gone.")]
    public static partial void Recovered(this ILogger log, int count);

    [LoggerMessage(5006, LogLevel.Warning, "{BackEnd}: no plan for a report: {Problem}.")]
    public static partial void PlannerFailed(this ILogger log, string backEnd, string problem);

    [LoggerMessage(5007, LogLevel.Information, "Update {Update} to {BackEnd}: {Result}.")]
    public static partial void UpdateSent(this ILogger log, string update, string backEnd, string result);

    [LoggerMessage(5008, LogLevel.Information, "Report {ReportId} accepted for {Council}, service {Service}, revision {Revision}, by way of {BackEnd}.")]
    public static partial void Accepted(this ILogger log, string reportId, string council, string service, int revision, string backEnd);

    [LoggerMessage(5009, LogLevel.Warning, "{BackEnd} fails again and again ({Cause}): nothing is sent to it but one probe, the first at {Next:O}.")]
    public static partial void BreakerOpened(this ILogger log, string backEnd, string cause, DateTimeOffset next);

    [LoggerMessage(5010, LogLevel.Information, "{BackEnd} answers again.")]
    public static partial void BreakerClosed(this ILogger log, string backEnd);

    [LoggerMessage(5011, LogLevel.Error, "{BackEnd} says that its settings are wrong ({Cause}): nothing is sent to it until they are mended or it is resumed.")]
    public static partial void ClosedForSettings(this ILogger log, string backEnd, string cause);

    [LoggerMessage(5012, LogLevel.Error, "{Council}/{BackEnd}, {Cause}: {Text}")]
    public static partial void IncidentBegan(this ILogger log, string council, string backEnd, string cause, string text);

    [LoggerMessage(5013, LogLevel.Information, "{Council}/{BackEnd}, {Cause}: this is over.")]
    public static partial void IncidentOver(this ILogger log, string council, string backEnd, string cause);

    [LoggerMessage(5014, LogLevel.Error, "An alert could not be sent; tried again. {Message} {Detail}")]
    public static partial void AlertNotSent(this ILogger log, string message, string detail);

    [LoggerMessage(5016, LogLevel.Error, "Nothing can be stored or sent: {Trouble}. What was accepted waits; clients are told to come again.")]
    public static partial void DatabaseFailing(this ILogger log, string trouble);

    [LoggerMessage(5018, LogLevel.Error, "This host could not say that it lives; tried again.")]
    public static partial void HeartbeatFailed(this ILogger log, Exception e);

    [LoggerMessage(5017, LogLevel.Information, "The database is as it should be again.")]
    public static partial void DatabaseIsBack(this ILogger log);

    [LoggerMessage(5019, LogLevel.Warning, "The last counts of the charts could not be saved: {Trouble}.")]
    public static partial void HoursNotCounted(this ILogger log, string trouble);
}
