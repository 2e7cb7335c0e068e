namespace PluginGateway.Host.Email;

internal static partial class EmailLog
{
    [LoggerMessage(7000, LogLevel.Error, "The template {Path} is wrong; the last good one stays in use: {Message}")]
    public static partial void TemplateIsWrong(this ILogger log, string path, string message);
}
