namespace PluginGateway.Core.Background;

internal static partial class BackgroundLog
{
    [LoggerMessage(110, LogLevel.Error, "{Work} failed; retrying. Failures since the last message: {Count}.")]
    public static partial void WorkFailed(this ILogger log, string work, long count, Exception e);

    [LoggerMessage(111, LogLevel.Warning, "{Work} failed: {Problem}. Retrying. Failures since the last message: {Count}.")]
    public static partial void WorkWaitsForDatabase(this ILogger log, string work, string problem, long count);

    [LoggerMessage(112, LogLevel.Information, "{Work} works again. Consecutive failures before: {Count}.")]
    public static partial void WorksAgain(this ILogger log, string work, long count);
}
