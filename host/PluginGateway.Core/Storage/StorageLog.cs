namespace PluginGateway.Core.Storage;

internal static partial class StorageLog
{
    [LoggerMessage(
        6006, LogLevel.Warning, "Other users of this machine can read the state folder {Folder} (mode {Mode}). It contains personal data; use mode 700.")]
    public static partial void LooseStateFolder(this ILogger log, string folder, string mode);

    [LoggerMessage(6003, LogLevel.Information, "Upgrading the database: script {Number} of {Count}, {Script}.")]
    public static partial void RunningScript(this ILogger log, string script, int number, int count);

    [LoggerMessage(
        6004, LogLevel.Information,
        "Upgrading the database: building index {Index} on table {Table}, {Number} of {Count} of this script. Writes to the table {Writes}.")]
    public static partial void BuildingIndex(this ILogger log, string index, string table, int number, int count, string writes);

    [LoggerMessage(6005, LogLevel.Information, "Upgrading the database: {Statement} is still running after {Seconds} seconds.")]
    public static partial void StillUpgrading(this ILogger log, string statement, int seconds);
}
