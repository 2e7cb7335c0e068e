namespace PluginGateway.Core.Adapters;

internal static partial class AdaptersLog
{
    [LoggerMessage(3000, LogLevel.Error, "{BackEnd}: adapter {Adapter} did not end its call within {Within}; the call is left to itself.")]
    public static partial void AdapterIgnoresDeadline(this ILogger log, string backEnd, string adapter, TimeSpan within);

    [LoggerMessage(3001, LogLevel.Error, "{BackEnd}: what a call brought that ended late could not be recorded.")]
    public static partial void LateOutcomeLost(this ILogger log, string backEnd, Exception e);

    [LoggerMessage(4000, LogLevel.Information, "Adapter {Adapter} {Version} serves as generation {Generation}, from {Path}.")]
    public static partial void PluginServes(this ILogger log, string adapter, string version, int generation, string path);

    [LoggerMessage(4001, LogLevel.Error, "{Path} is not loaded: {Reason}.")]
    public static partial void PluginRefused(this ILogger log, string path, string reason);

    [LoggerMessage(4002, LogLevel.Warning, "Adapter {Adapter} {Version}: {Finding}.")]
    public static partial void PluginFinding(this ILogger log, string adapter, string version, string finding);

    [LoggerMessage(4006, LogLevel.Information, "Adapter {Adapter} {Version}, a library it brings along: {Finding}.")]
    public static partial void LibraryFinding(this ILogger log, string adapter, string version, string finding);

    [LoggerMessage(4003, LogLevel.Error, "Adapter {Adapter} {Version}, generation {Generation}: {Reason}.")]
    public static partial void PluginStuck(this ILogger log, string adapter, string version, int generation, string reason);

    [LoggerMessage(4005, LogLevel.Error, "Probations could not be ended in order; the next start takes it that the gateway died of what was on probation.")]
    public static partial void ProbationsNotEnded(this ILogger log, Exception e);
}
