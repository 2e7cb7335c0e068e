namespace PluginGateway.Host.Adapters;

internal static partial class AdaptersLog
{
    [LoggerMessage(3000, LogLevel.Error, "{BackEnd}: adapter {Adapter} did not end its call within {Within}; the call is left to itself.")]
    public static partial void AdapterIgnoresDeadline(this ILogger log, string backEnd, string adapter, TimeSpan within);


    [LoggerMessage(3001, LogLevel.Error, "{BackEnd}: what a call brought that ended late could not be recorded.")]
    public static partial void LateOutcomeLost(this ILogger log, string backEnd, Exception e);

    [LoggerMessage(4000, LogLevel.Information, "Adapter {Adapter} {Version} is loaded as generation {Generation}, from {Path}.")]
    public static partial void PluginLoaded(this ILogger log, string adapter, string version, int generation, string path);

    [LoggerMessage(4001, LogLevel.Error, "{Path} is not loaded: {Reason}.")]
    public static partial void PluginRefused(this ILogger log, string path, string reason);
}
