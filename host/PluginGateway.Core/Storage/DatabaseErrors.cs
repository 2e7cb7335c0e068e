using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;
using SQLitePCL;

namespace PluginGateway.Core.Storage;

/// <summary>Classifies and describes failures of the database.</summary>
internal static class DatabaseErrors
{
    /// <summary>Whether the database failed, as opposed to the caller having made an error.</summary>
    public static bool IsDatabaseError(Exception e) => e switch
    {
        DatabaseBusyException or DatabaseUnreachableException or DatabaseConnectionLostException => true,
        SqlException server => SqlServerErrors.IsTransient(server) || SqlServerErrors.IsLostRace(server) || SqlServerErrors.IsRefusal(server),
        SqliteException file =>
            file.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM or raw.SQLITE_READONLY or raw.SQLITE_IOERR or raw.SQLITE_CORRUPT
                or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN or raw.SQLITE_NOTADB or raw.SQLITE_PERM,
        _ => false,
    };

    /// <summary>Whether the failure can end without a repair of the database.</summary>
    public static bool IsTransient(Exception e) => e is not SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>Whether a write that failed with this exception may have been committed, because its commit received no response.</summary>
    public static bool MayHaveBeenCommitted(Exception e) => e switch
    {
        SqliteException or DatabaseBusyException or DatabaseUnreachableException => false,
        DatabaseConnectionLostException lost => lost.MayHaveBeenCommitted,
        SqlException server => !SqlServerErrors.IsLostRace(server) && !SqlServerErrors.IsRefusal(server),
        _ => true,
    };

    /// <summary>Returns a description of the failure for operators.</summary>
    public static string Describe(Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => "the disk that contains the database is full",
        SqliteException { SqliteExtendedErrorCode: OpenedFile.MovedCode } =>
            "the database file was moved or replaced: put it back, or stop the gateway before you change it",
        SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN } => "the database file cannot be opened: it does not exist, or access is denied",
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => "another process has locked the database",
        SqliteException { SqliteErrorCode: raw.SQLITE_READONLY } => "the database cannot be written to",
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } => "the database is damaged: stop the gateway and restore a back-up",
        SqlException server when SqlServerErrors.IsFull(server) => $"the database server's disk or transaction log is full: {server.Message.TrimEnd('.')}",
        SqlException server when SqlServerErrors.IsReadOnly(server) => $"the database cannot be written to: {server.Message.TrimEnd('.')}",
        DbException or DatabaseBusyException or DatabaseUnreachableException => $"the database is unavailable: {e.Message.TrimEnd('.')}",
        _ => e.Message.TrimEnd('.'),
    };
}

/// <summary>No connection to the database, or no access to its schema, became available in time.</summary>
internal sealed class DatabaseBusyException(string message, Exception? inner = null) : TimeoutException(message, inner);

/// <summary>The database server cannot be reached. Nothing was committed.</summary>
internal sealed class DatabaseUnreachableException(string message) : TimeoutException(message);

/// <summary>The connection to the database server broke during an operation.</summary>
internal sealed class DatabaseConnectionLostException(bool mayHaveBeenCommitted, Exception inner)
    : DbException("The connection to the database was lost.", inner)
{
    /// <summary>Whether the commit had been requested.</summary>
    public bool MayHaveBeenCommitted => mayHaveBeenCommitted;
}
