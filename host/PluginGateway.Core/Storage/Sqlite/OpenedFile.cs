using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// The file as it was when the gateway began, to tell whether it is still the one at its place. Whatever else is there by then must be left
/// alone: SQLite finds a file's log by its name, and would take the one of the old file for its own.
/// </summary>
internal sealed class OpenedFile : IDisposable
{
    /// <summary>SQLite's own code for this; where it keeps a log beside the file it leaves the looking to us.</summary>
    public const int MovedCode = raw.SQLITE_READONLY | (4 << 8);

    private const int AskHasMoved = 20;
    private const int NoFoldingAtClose = 1006;

    private readonly SqliteConnection _connection;

    private OpenedFile(SqliteConnection connection) => _connection = connection;

    public static async Task<OpenedFile> OpenAsync(string connectionString, CancellationToken ct)
    {
        // Of no pool: it is never handed to anybody else.
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        await connection.OpenAsync(ct);
        KeepsLog(connection);
        return new OpenedFile(connection);
    }

    /// <summary>When this connection is the last to be closed, the log stays beside the file; only one that writes folds it in.</summary>
    public static void KeepsLog(SqliteConnection connection) => raw.sqlite3_db_config(connection.Handle, NoFoldingAtClose, 1, out _);

    /// <summary>Fails when the file was moved away or deleted, or another is in its place. Where the system cannot tell, it does not.</summary>
    public void Check()
    {
        if (SqliteNative.FileControl(_connection.Handle!, in "main\0"u8[0], AskHasMoved, out var moved) == raw.SQLITE_OK && moved != 0)
            throw new SqliteException($"{_connection.DataSource} is not the file any more that the gateway opened.", raw.SQLITE_READONLY, MovedCode);
    }

    public void Dispose() => _connection.Dispose();
}
