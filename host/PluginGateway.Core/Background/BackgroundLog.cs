namespace PluginGateway.Core.Background;

internal static partial class BackgroundLog
{
    [LoggerMessage(110, LogLevel.Error, "{Work} failed; retrying. Failures since the last message: {Count}.")]
    public static partial void WorkFailed(this ILogger log, string work, long count, Exception e);

    [LoggerMessage(111, LogLevel.Warning, "{Work} failed: {Trouble}. Retrying. Failures since the last message: {Count}.")]
    public static partial void WorkWaitsForDatabase(this ILogger log, string work, string trouble, long count);

    [LoggerMessage(112, LogLevel.Information, "{Work} works again, after {Count} failures.")]
    public static partial void WorksAgain(this ILogger log, string work, long count);
}
