namespace PluginGateway.Admin;

internal static partial class AdminLog
{
    [LoggerMessage(
        9000, LogLevel.Warning,
        "There are no accounts with a password yet. Create the first one at {Link} (valid once, for 24 hours) or with the command \"account create\".")]
    public static partial void SetUpLink(this ILogger log, string link);

    [LoggerMessage(
        9001, LogLevel.Warning,
        "There are no accounts with a password yet, and creating the link for the first one failed: {Problem}. Use the command \"account create\" instead.")]
    public static partial void NoSetUpLink(this ILogger log, string problem);

    [LoggerMessage(9004, LogLevel.Warning, "Signing in with a name that has no account has failed ten times from one address.")]
    public static partial void UnknownNameGuessed(this ILogger log);

    [LoggerMessage(9005, LogLevel.Warning, "Request {RequestId}: signing in through the identity provider failed: {Problem}")]
    public static partial void OpenIdFailed(this ILogger log, string requestId, string problem);

    [LoggerMessage(
        9007, LogLevel.Warning,
        "The second factor of the account {Account} cannot be read, because its data key is missing. Use a recovery code, or turn it off with the command "
            + "\"account second-factor-off\".")]
    public static partial void SecondFactorUnreadable(this ILogger log, string account);

    [LoggerMessage(9006, LogLevel.Warning, "A sign-in through the identity provider was refused: none of Admin:OpenIdConnect:Grants matches its claims.")]
    public static partial void OpenIdWithoutGrant(this ILogger log);

    [LoggerMessage(9002, LogLevel.Error, "Request {RequestId} to the operators' site failed.")]
    public static partial void PageFailed(this ILogger log, string requestId, Exception e);

    [LoggerMessage(9003, LogLevel.Warning, "Request {RequestId} to the operators' site failed: {Problem}.")]
    public static partial void PageNotPossible(this ILogger log, string requestId, string problem);
}
