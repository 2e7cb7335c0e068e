using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;
using SQLitePCL;

namespace PluginGateway.Core.Storage;

/// <summary>Whether it is the database that is in trouble, and not the one who asked it.</summary>
internal static class DatabaseErrors
{
    public static bool IsDatabaseError(Exception e) => e switch
    {
        DatabaseBusyException => true,
        SqlException server => SqlServerErrors.IsPassing(server) || SqlServerErrors.IsLostRace(server) || SqlServerErrors.IsRefusal(server),
        SqliteException file =>
            file.SqliteErrorCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM or raw.SQLITE_READONLY or raw.SQLITE_IOERR or raw.SQLITE_CORRUPT
                or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN or raw.SQLITE_NOTADB or raw.SQLITE_PERM,
        _ => false,
    };

    /// <summary>Whether it may end without anybody doing anything to the database itself.</summary>
    public static bool IsTransient(Exception e) => e is not SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };

    /// <summary>Whether a write that failed like this may have been made all the same: its commit got no answer.</summary>
    public static bool KeepsConnectionOpen(Exception e) => e switch
    {
        SqliteException or DatabaseBusyException => false,
        SqlException server => !SqlServerErrors.IsLostRace(server) && !SqlServerErrors.IsRefusal(server),
        _ => true,
    };

    /// <summary>What an operator is told.</summary>
    public static string Describe(Exception e) => e switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_FULL } => "the disk of the database is full",
        SqliteException { SqliteExtendedErrorCode: OpenedFile.MovedCode } =>
            "the database's file was moved away or replaced: put it back, or stop the gateway before you change it",
        SqliteException { SqliteErrorCode: raw.SQLITE_CANTOPEN } => "the database's file cannot be opened: it is not there, or may not be read",
        SqliteException { SqliteErrorCode: raw.SQLITE_READONLY } => "the database cannot be written to",
        SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB } => "the database is damaged: stop the gateway and restore a back-up",
        SqlException server when SqlServerErrors.IsFull(server) => $"the disk of the database, or its log, is full: {server.Message}",
        SqlException server when SqlServerErrors.IsReadOnly(server) => $"the database cannot be written to: {server.Message}",
        DbException or DatabaseBusyException => $"the database does not answer: {e.Message}",
        _ => e.Message,
    };
}

/// <summary>The database is there and was not free for as long as it is waited for: a connection to it, or its schema.</summary>
internal sealed class DatabaseBusyException(string message, Exception? inner = null) : TimeoutException(message, inner);
