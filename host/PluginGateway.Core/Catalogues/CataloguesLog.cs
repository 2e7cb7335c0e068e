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

    [LoggerMessage(2004, LogLevel.Warning, "{File} was removed.")]
    public static partial void CouncilFileRemoved(this ILogger log, string file);

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

    [LoggerMessage(
        2010, LogLevel.Error,
        "Council {Council} has no valid file ({File}). Its calls are answered with status 503 until the file is valid again, or until the council is removed "
            + "on the site or with \"council remove {Name}\".")]
    public static partial void CouncilAbsent(this ILogger log, string council, string file, string name);

    [LoggerMessage(2011, LogLevel.Error, "Council {Council}: {File} cannot be used; the version stored in the database at {Stored:u} is live instead.")]
    public static partial void CouncilRestored(this ILogger log, string council, string file, DateTimeOffset stored);

    [LoggerMessage(
        2012, LogLevel.Warning, "{File} could not be checked completely and will be checked again: the check did not finish in time for {BackEnds}.")]
    public static partial void CouncilNotChecked(this ILogger log, string file, string backEnds);

    [LoggerMessage(2013, LogLevel.Error, "The councils folder {Folder} cannot be read; the councils that are known stay live. {Problem}")]
    public static partial void CouncilFolderNotRead(this ILogger log, string folder, string problem);

    [LoggerMessage(2014, LogLevel.Error, "Council {Council}: the version stored in the database cannot be read.")]
    public static partial void CouncilNotRestored(this ILogger log, string council, Exception e);

    [LoggerMessage(2016, LogLevel.Warning, "Council {Council} has no services yet; requests for its services are answered with status 503.")]
    public static partial void NoServices(this ILogger log, string council);

    [LoggerMessage(2017, LogLevel.Warning, "{BackEnd}: a problem with the services: {Problem}.")]
    public static partial void CatalogueProblem(this ILogger log, string backEnd, string problem);

    [LoggerMessage(2015, LogLevel.Information, "The councils folder {Folder} can be read again.")]
    public static partial void CouncilFolderRead(this ILogger log, string folder);
}
