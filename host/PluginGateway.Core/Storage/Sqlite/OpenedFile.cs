using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// The database file that the gateway opened, to check whether it is still the file at its path. Another file at that path must not be
/// touched: SQLite finds the log of a file by its name, and would apply the log of the old file to the new one.
/// </summary>
internal sealed class OpenedFile : IDisposable
{
    /// <summary>SQLite's code for a moved file (SQLITE_READONLY_DBMOVED). In WAL mode, SQLite leaves the check to the application.</summary>
    public const int MovedCode = raw.SQLITE_READONLY | (4 << 8);

    private const int HasMovedOpcode = 20;
    private const int NoCheckpointOnClose = 1006;

    private readonly SqliteConnection _connection;

    private OpenedFile(SqliteConnection connection) => _connection = connection;

    public static async Task<OpenedFile> OpenAsync(string connectionString, CancellationToken ct)
    {
        // Not pooled, so that no other code uses this connection.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        await connection.OpenAsync(ct);
        KeepLog(connection);
        return new OpenedFile(connection);
    }

    /// <summary>
    /// Keeps the log when this connection is the last one to close: only a connection that writes merges the log into the file.
    /// </summary>
    public static void KeepLog(SqliteConnection connection) => raw.sqlite3_db_config(connection.Handle, NoCheckpointOnClose, 1, out _);

    /// <summary>
    /// Fails if the file was moved or deleted, or if another file is at its path. Does not fail where the operating system cannot detect
    /// this.
    /// </summary>
    public void Check()
    {
        if (SqliteNative.FileControl(_connection.Handle!, in "main\0"u8[0], HasMovedOpcode, out var moved) == raw.SQLITE_OK && moved != 0)
            throw new SqliteException($"{_connection.DataSource} is no longer the file that the gateway opened.", raw.SQLITE_READONLY, MovedCode);
    }

    public void Dispose() => _connection.Dispose();
}
