namespace PluginGateway.Host.Open311;

internal static partial class Open311Log
{
    [LoggerMessage(1000, LogLevel.Error, "Call {Call} failed.")]
    public static partial void CallFailed(this ILogger log, string call, Exception e);

    [LoggerMessage(1001, LogLevel.Error, "Call {Call} was sent away: {Why}.")]
    public static partial void DatabaseUnavailable(this ILogger log, string call, string why);
}
