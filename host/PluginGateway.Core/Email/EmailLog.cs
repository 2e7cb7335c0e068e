using PluginGateway.Core.Templates;

namespace PluginGateway.Core.Email;

internal static partial class EmailLog
{
    [LoggerMessage(7000, LogLevel.Error, "Template {Path} is invalid: {Problem}. E-mails are rendered from {Instead}.")]
    public static partial void TemplateFileIsNotUsed(this ILogger log, string path, TemplateProblem problem, string instead);

    [LoggerMessage(7001, LogLevel.Information, "Template {Path} is valid again and in use.")]
    public static partial void TemplateFileIsUsedAgain(this ILogger log, string path);

    [LoggerMessage(
        7002, LogLevel.Error, "Template {Name}, edited on the site by {Who}, is invalid: {Problem}. It was saved; e-mails are rendered from the file.")]
    public static partial void EditedTemplateIsNotUsed(this ILogger log, string name, string who, TemplateProblem problem);

    [LoggerMessage(7003, LogLevel.Error, "The templates in {Path} cannot be read; the last valid versions stay in use. {Message}")]
    public static partial void TemplatesCannotBeRead(this ILogger log, string path, string message);
}
