namespace PluginGateway.Core.Catalogues;

internal static partial class CataloguesLog
{
    [LoggerMessage(2000, LogLevel.Information, "Council {Council} is live, from {File}.")]
    public static partial void CouncilLive(this ILogger log, string council, string file);

    [LoggerMessage(2001, LogLevel.Error, "{File}: {Path} {Message}")]
    public static partial void CouncilFileError(this ILogger log, string file, string path, string message);

    [LoggerMessage(2002, LogLevel.Error, "{File} has errors and no earlier valid version; its council is not live.")]
    public static partial void CouncilNotLive(this ILogger log, string file);

    [LoggerMessage(2003, LogLevel.Error, "{File} has errors; council {Council} keeps using the last valid version.")]
    public static partial void CouncilEditRefused(this ILogger log, string file, string council);

    [LoggerMessage(2004, LogLevel.Warning, "{File} was removed; its council is no longer live.")]
    public static partial void CouncilRemoved(this ILogger log, string file);

    [LoggerMessage(2005, LogLevel.Information, "Council {Council} publishes {Count} services.")]
    public static partial void ServicesPublished(this ILogger log, string council, int count);

    [LoggerMessage(2006, LogLevel.Warning, "{BackEnd}: reading the services failed; the last valid list is served, if there is one. {Problem}")]
    public static partial void CatalogueNotRead(this ILogger log, string backEnd, string problem);

    [LoggerMessage(2007, LogLevel.Warning, "{BackEnd}: {Count} services are missing from the catalogue and are still served: {Codes}")]
    public static partial void ServicesMissing(this ILogger log, string backEnd, int count, string codes);

    [LoggerMessage(2008, LogLevel.Error, "Council {Council}: refreshing the service catalogue failed; retrying in one minute.")]
    public static partial void CatalogueNotRefreshed(this ILogger log, string council, Exception e);

    [LoggerMessage(2009, LogLevel.Warning, "Council {Council}: {Warning}.")]
    public static partial void ServiceWarning(this ILogger log, string council, string warning);
}
