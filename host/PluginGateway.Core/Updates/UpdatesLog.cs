namespace PluginGateway.Core.Updates;

internal static partial class UpdatesLog
{
    [LoggerMessage(8000, LogLevel.Information, "Document {Id} ({Name}) of {BackEnd} was read: {Valid} updates, {New} of them new.")]
    public static partial void DocumentRead(this ILogger log, long id, string name, string backEnd, long valid, long @new);

    [LoggerMessage(8001, LogLevel.Warning, "Document {Id} ({Name}) of {BackEnd} has invalid rows: {Invalid}. The command \"documents show {Id}\" lists them.")]
    public static partial void RowsNotUsed(this ILogger log, long id, string name, string backEnd, long invalid);

    [LoggerMessage(8002, LogLevel.Error, "Reading document {Id} ({Name}) of {BackEnd} failed: {Cause}")]
    public static partial void DocumentNotRead(this ILogger log, long id, string name, string backEnd, string cause);

    [LoggerMessage(8003, LogLevel.Warning, "{BackEnd}: collecting updates failed; retrying. {Cause}")]
    public static partial void NotCollected(this ILogger log, string backEnd, string cause);

    [LoggerMessage(8004, LogLevel.Information, "{BackEnd}: collecting updates works again.")]
    public static partial void CollectingResumed(this ILogger log, string backEnd);

    [LoggerMessage(8005, LogLevel.Warning, "{BackEnd}: a problem with updates (count: {Count}): {Problem}.")]
    public static partial void UpdateProblem(this ILogger log, string backEnd, int count, string problem);

    [LoggerMessage(8006, LogLevel.Error, "{BackEnd}: collecting updates failed unexpectedly; retrying in the next round.")]
    public static partial void CollectingFailed(this ILogger log, string backEnd, Exception e);

    [LoggerMessage(8007, LogLevel.Warning, "{BackEnd}: processing {Path} failed: {Problem}")]
    public static partial void FileNotStored(this ILogger log, string backEnd, string path, string problem);

    [LoggerMessage(8008, LogLevel.Information, "{BackEnd}: the file {Path} was stored as document {Id}.")]
    public static partial void FileStored(this ILogger log, string backEnd, string path, long id);

    [LoggerMessage(
        8011, LogLevel.Warning,
        "Document {Id} ({Name}) of {BackEnd} is held: all {Count} rows look new, although most of them describe known events. Decide on the site or with "
            + "\"documents accept\" whether they are news.")]
    public static partial void DocumentHeld(this ILogger log, long id, string name, string backEnd, long count);

    [LoggerMessage(8010, LogLevel.Information, "{BackEnd}: all files in the folder have been stored.")]
    public static partial void FilesStoredAgain(this ILogger log, string backEnd);

    [LoggerMessage(8009, LogLevel.Error, "Upload {RequestId} failed.")]
    public static partial void UploadFailed(this ILogger log, string requestId, Exception e);
}
