namespace PluginGateway.Core.Alerts;

internal static partial class AlertsLog
{
    [LoggerMessage(5100, LogLevel.Error, "Incident at {Council}/{BackEnd} ({Cause}): {Text}")]
    public static partial void IncidentBegan(this ILogger log, string council, string backEnd, string cause, string text);

    [LoggerMessage(5101, LogLevel.Information, "The incident at {Council}/{BackEnd} ({Cause}) is over.")]
    public static partial void IncidentOver(this ILogger log, string council, string backEnd, string cause);

    [LoggerMessage(5102, LogLevel.Error, "Sending an alert failed: {Message} {Detail}")]
    public static partial void AlertNotSent(this ILogger log, string message, string detail);
}
