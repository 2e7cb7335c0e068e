namespace PluginGateway.Admin;

internal static partial class AdminLog
{
    [LoggerMessage(
        1600, LogLevel.Warning, "Nobody can sign in yet. Make the first account at {Link} (good once, for a day), or with the command: account create.")]
    public static partial void SetUpLink(this ILogger log, string link);

    [LoggerMessage(1601, LogLevel.Warning, "Nobody can sign in yet, and no link for the first account can be made: {Trouble}.")]
    public static partial void NoSetUpLink(this ILogger log, string trouble);

    [LoggerMessage(1602, LogLevel.Error, "Call {Call} of the operators' site failed.")]
    public static partial void PageFailed(this ILogger log, string call, Exception e);

    [LoggerMessage(1603, LogLevel.Warning, "Call {Call} of the operators' site was not possible: {Trouble}.")]
    public static partial void PageNotPossible(this ILogger log, string call, string trouble);
}
