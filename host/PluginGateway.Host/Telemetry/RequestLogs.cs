namespace PluginGateway.Host.Telemetry;

internal static class RequestLogs
{
    /// <summary>
    /// Turns off the framework's logs of requests, whatever the settings are: they contain the complete address, and the address of an Open311 call can
    /// contain an API key.
    /// </summary>
    public static void HideAddresses(this ILoggingBuilder logging) => logging
        .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
        .AddFilter("Microsoft.AspNetCore.Server.Kestrel.BadRequests", LogLevel.None)
        .AddFilter("Microsoft.AspNetCore.HttpsPolicy", LogLevel.None);
}
