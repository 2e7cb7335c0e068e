namespace PluginGateway.Core.Updates;

internal static partial class UpdatesLog
{
    [LoggerMessage(8000, LogLevel.Information, "Document {Id} ({Name}) of {BackEnd} is read: {Good} updates, {Fresh} of them new.")]
    public static partial void DocumentRead(this ILogger log, long id, string name, string backEnd, long good, long fresh);

    [LoggerMessage(8001, LogLevel.Warning, "Document {Id} ({Name}) of {BackEnd}: {Bad} rows could not be used; \"documents show {Id}\" names them.")]
    public static partial void RowsNotUsed(this ILogger log, long id, string name, string backEnd, long bad);

    [LoggerMessage(8002, LogLevel.Error, "Document {Id} ({Name}) of {BackEnd} could not be read: {Cause}")]
    public static partial void DocumentNotRead(this ILogger log, long id, string name, string backEnd, string cause);

    [LoggerMessage(8003, LogLevel.Warning, "{BackEnd}: its news could not be collected; it is tried again. {Cause}")]
    public static partial void NotCollected(this ILogger log, string backEnd, string cause);

    [LoggerMessage(8004, LogLevel.Information, "{BackEnd}: its news can be collected again.")]
    public static partial void CollectingResumed(this ILogger log, string backEnd);

    [LoggerMessage(8005, LogLevel.Warning, "{BackEnd}: an update was not taken: {Problem}.")]
    public static partial void UpdateProblem(this ILogger log, string backEnd, string problem);

    [LoggerMessage(8006, LogLevel.Error, "{BackEnd}: collecting updates failed; retrying with the next round.")]
    public static partial void CollectingFailed(this ILogger log, string backEnd, Exception e);

    [LoggerMessage(8007, LogLevel.Warning, "{BackEnd}: {Path} cannot be taken: {Problem}")]
    public static partial void FileNotStored(this ILogger log, string backEnd, string path, string problem);

    [LoggerMessage(8009, LogLevel.Error, "Call {TraceId}, an upload, failed.")]
    public static partial void UploadFailed(this ILogger log, string traceId, Exception e);

    [LoggerMessage(8008, LogLevel.Information, "{BackEnd}: {Path} is taken as document {Id}.")]
    public static partial void FileStored(this ILogger log, string backEnd, string path, long id);
}
