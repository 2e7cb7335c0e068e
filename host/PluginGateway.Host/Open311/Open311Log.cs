namespace PluginGateway.Host.Open311;

internal static partial class Open311Log
{
    [LoggerMessage(1000, LogLevel.Error, "Request {RequestId} failed.")]
    public static partial void CallFailed(this ILogger log, string requestId, Exception e);

    [LoggerMessage(1001, LogLevel.Error, "Request {RequestId} was answered with 503: {Problem}.")]
    public static partial void DatabaseUnavailable(this ILogger log, string requestId, string problem);

    [LoggerMessage(1005, LogLevel.Error, "Request {RequestId} was answered with 503, because the state folder cannot be written to: {Problem}")]
    public static partial void CannotSpool(this ILogger log, string requestId, string problem);

    [LoggerMessage(EventId = 1004, Message = "A call was refused: {Method} {Resource}, council {Council}, status {Status}, error code {Code}.")]
    public static partial void CallRefused(this ILogger log, LogLevel level, string method, Open311Resource resource, string council, int status, int code);

    [LoggerMessage(1002, LogLevel.Warning, "Empty files in a report or update were not stored: {Count}.")]
    public static partial void EmptyFilesSkipped(this ILogger log, int count);

    [LoggerMessage(1003, LogLevel.Warning, "{BackEnd}: a problem with reports (count: {Count}): {Problem}.")]
    public static partial void ReportProblem(this ILogger log, string backEnd, int count, string problem);
}
