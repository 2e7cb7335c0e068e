namespace PluginGateway.Host.Sending;

internal static partial class SendingLog
{
    [LoggerMessage(5000, LogLevel.Information, "Report {ReportId} is at {BackEnd} as {Id}, after {Tries} tries.")]
    public static partial void Sent(this ILogger log, string reportId, string id, string backEnd, int tries);

    [LoggerMessage(5001, LogLevel.Warning, "Delivery {Delivery} to {BackEnd}, try {Try}: {Outcome}. {Cause} {Detail} Now {State}, due {Due:O}.")]
    public static partial void NotSent(
        this ILogger log, long delivery, string backEnd, int @try, AttemptOutcome outcome, string cause, string detail, DeliveryState state, DateTimeOffset due);

    [LoggerMessage(5002, LogLevel.Error, "Delivery {Delivery} broke off; it is found again when its lease ends.")]
    public static partial void DeliveryFailed(this ILogger log, long delivery, Exception e);

    [LoggerMessage(5003, LogLevel.Error, "Nothing could be claimed for {Council}/{BackEnd}; tried again.")]
    public static partial void ClaimFailed(this ILogger log, string council, string backEnd, Exception e);

    [LoggerMessage(5004, LogLevel.Warning, "{Count} deliveries were taken over from a process that is gone.")]
    public static partial void Recovered(this ILogger log, int count);

    [LoggerMessage(5005, LogLevel.Error, "The dispatcher could not do its round; tried again.")]
    public static partial void DispatcherFailed(this ILogger log, Exception e);

    [LoggerMessage(5006, LogLevel.Warning, "{BackEnd}: no plan for a report: {Problem}.")]
    public static partial void PlannerFailed(this ILogger log, string backEnd, string problem);

    [LoggerMessage(5007, LogLevel.Information, "Update {Update} to {BackEnd}: {Result}.")]
    public static partial void UpdateSent(this ILogger log, string update, string backEnd, string result);

    [LoggerMessage(5008, LogLevel.Information, "Report {ReportId} accepted for {Council}, service {Service}, revision {Revision}, by way of {BackEnd}.")]
    public static partial void Accepted(this ILogger log, string reportId, string council, string service, int revision, string backEnd);
}
