using System.Data.Common;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>Creates databases with the schema of an earlier version.</summary>
internal static class EarlierSchema
{
    /// <summary>Opens a new SQLite file and runs the scripts before a number.</summary>
    public static async Task<SqliteConnection> CreateSqliteAsync(string file, int before)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        await connection.OpenAsync();
        await RunAsync(connection, "CREATE TABLE migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)");
        await MigrateAsync(connection, SqliteDialect.Name, before);
        return connection;
    }

    /// <summary>Opens an empty SQL Server database and runs the scripts before a number.</summary>
    public static async Task<SqlConnection> CreateSqlServerAsync(string connectionString, int before)
    {
        var connection = new SqlConnection(connectionString);
        await connection.OpenAsync();
        await RunAsync(
            connection,
            "CREATE TABLE dbo.migration (id bigint NOT NULL PRIMARY KEY, name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL, at bigint NOT NULL)");
        await MigrateAsync(connection, SqlServerDialect.Name, before);
        return connection;
    }

    public static async Task RunAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The scripts are constants.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static async Task MigrateAsync(DbConnection connection, string database, int before)
    {
        foreach (var migration in Migration.For(database).Where(m => m.Id < before))
        {
            foreach (var batch in migration.Sql(database).Split("\nGO\n"))
                await RunAsync(connection, batch);
            await RunAsync(connection, $"INSERT INTO migration (id, name, at) VALUES ({migration.Id}, '{migration.Name}', 1)");
        }
    }
}
