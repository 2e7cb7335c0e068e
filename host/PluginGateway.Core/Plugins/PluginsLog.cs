namespace PluginGateway.Core.Plugins;

internal static partial class PluginsLog
{
    [LoggerMessage(4000, LogLevel.Information, "Adapter {Adapter} {Version} is active as generation {Generation}, loaded from {Path}.")]
    public static partial void PluginServes(this ILogger log, string adapter, string version, int generation, string path);

    [LoggerMessage(4001, LogLevel.Error, "{Path} was not loaded: {Reason}.")]
    public static partial void PluginRefused(this ILogger log, string path, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "Adapter {Adapter} {Version}: {Finding}.")]
    public static partial void PluginFinding(this ILogger log, string adapter, string version, string finding);

    [LoggerMessage(4003, LogLevel.Error, "Adapter {Adapter} {Version}, generation {Generation}: {Reason}.")]
    public static partial void PluginStuck(this ILogger log, string adapter, string version, int generation, string reason);

    [LoggerMessage(
        4004, LogLevel.Error,
        "Plug-in probations were not closed cleanly; the next start will treat the versions on probation as the cause of a crash.")]
    public static partial void ProbationsNotEnded(this ILogger log, Exception e);

    [LoggerMessage(
        4006, LogLevel.Warning,
        "Plugins:Trust is Any: whoever can write to {Path} can run code in the gateway. In production, set it to Listed or Signed.")]
    public static partial void AnyPluginIsTrusted(this ILogger log, string path);

    [LoggerMessage(4005, LogLevel.Information, "Adapter {Adapter} {Version}, in a library that it includes: {Finding}.")]
    public static partial void LibraryFinding(this ILogger log, string adapter, string version, string finding);
}
