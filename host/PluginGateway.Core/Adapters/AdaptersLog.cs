namespace PluginGateway.Core.Adapters;

internal static partial class AdaptersLog
{
    [LoggerMessage(3000, LogLevel.Error, "{BackEnd}: adapter {Adapter} ignored its deadline of {Within}; the gateway no longer waits for the call.")]
    public static partial void AdapterIgnoresDeadline(this ILogger log, string backEnd, string adapter, TimeSpan within);

    [LoggerMessage(3001, LogLevel.Error, "{BackEnd}: the result of a call that finished after its deadline could not be saved.")]
    public static partial void LateOutcomeLost(this ILogger log, string backEnd, Exception e);
}
