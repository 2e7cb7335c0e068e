using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>What an earlier version stored is there after the next one began.</summary>
public sealed class MigrationTests : IDisposable
{
    /// <summary>The first script that both databases have: from then on two versions may run beside each other.</summary>
    private const int FirstOfBoth = 6;

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task News_of_before_is_told_as_before()
    {
        await using (var old = new SqliteConnection($"Data Source={_folder.At("gateway.db")};Pooling=False"))
        {
            await old.OpenAsync();
            await RunAsync(old, "CREATE TABLE migration (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)");
            foreach (var migration in Migration.For(SqliteDialect.Name).Where(m => m.Id < 6))
            {
                await RunAsync(old, migration.Sql(SqliteDialect.Name));
                await RunAsync(old, $"INSERT INTO migration (id, name, at) VALUES ({migration.Id}, '{migration.Name}', 0)");
            }

            await RunAsync(
                old,
                    """
                    INSERT INTO council_update (id, council, backend, update_id, report_id, public_id, happened, learned, payload) VALUES (1, 'c', '', 'PG1-case', 256, 'PG1', 7000, 8000, x'7B7D')
                    """);
        }

        await using var database = new SqliteDatabase(Options.Create(new StateOptions { Path = _folder.Path }), Faults.None, TimeProvider.System);
        await database.MigrateAsync(default);

        Assert.Equal(
            1,
            await database.ReadAsync(
                db => db.ScalarAsync<long>(
                    """
                    SELECT COUNT(*) FROM council_update WHERE council = 'c' AND update_key = @key AND public_id = 'PG1' AND happened = 7000 AND served = 8000 AND payload = x'7B7D'
                    """,
                    new { key = IdKey.Of("PG1-case") }),
                default));
    }

    /// <summary>Hosts are replaced one after the other: the version before runs on the schema that the first new one has made.</summary>
    [Theory]
    [InlineData(SqliteDialect.Name)]
    [InlineData(SqlServerDialect.Name)]
    public void A_later_schema_only_adds(string database) => Assert.All(
        Migration.For(database).Where(m => m.Id > FirstOfBoth)
            .SelectMany(m => m.Sql(database).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        statement => Assert.Matches(@"\A(--.*\n)*(CREATE TABLE|CREATE INDEX|ALTER TABLE \S+ ADD (COLUMN )?\w+ (?=[^;]*(DEFAULT|(?<!NOT )NULL)))", statement));

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private static async Task RunAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Scripts of the program itself.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
