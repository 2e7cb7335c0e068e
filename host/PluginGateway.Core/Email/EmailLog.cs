using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

internal static partial class EmailLog
{
    [LoggerMessage(7000, LogLevel.Error, "The template {Path} cannot be used: {Problem}. Mails are made from {Instead}.")]
    public static partial void TemplateFileIsNotUsed(this ILogger log, string path, TemplateProblem problem, string instead);

    [LoggerMessage(7001, LogLevel.Information, "The template {Path} is in use again.")]
    public static partial void TemplateFileIsUsedAgain(this ILogger log, string path);

    [LoggerMessage(
        7002, LogLevel.Error, "The template {Name} that {Who} wrote on the site cannot be used: {Problem}. It is kept, and mails are made from the file.")]
    public static partial void EditedTemplateIsNotUsed(this ILogger log, string name, string who, TemplateProblem problem);

    [LoggerMessage(7003, LogLevel.Error, "The templates in {Path} cannot be read: {Message}. The last good versions stay in use.")]
    public static partial void TemplatesCannotBeRead(this ILogger log, string path, string message);
}
