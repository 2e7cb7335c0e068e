using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.SqlServer;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>Tests that operations end soon when SQL Server falls silent, and that only a requested commit may have been made.</summary>
public sealed class SilentServerTests : IAsyncLifetime
{
    /// <summary>Generous, because the machine may be busy. The client's own time-out is longer.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(14);

    private readonly SqlServerDouble _server = new();
    private SqlServerDatabase _database = null!;

    public async ValueTask InitializeAsync()
    {
        _database = new SqlServerDatabase(TestStore.Create(_server.ConnectionString), Faults.None, TimeProvider.System);
        await _database.MigrateAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        _server.Misfortunes.IsSilent = false;
        _database.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Commit_without_response_may_have_been_made()
    {
        var failure = await Assert.ThrowsAsync<DatabaseConnectionLostException>(() => _database.WriteAsync(
            db =>
            {
                _server.Misfortunes.IsSilent = true;
                return Task.FromResult(0);
            },
            default).WaitAsync(Soon));

        Assert.True(failure.MayHaveBeenCommitted);
        Assert.True(DatabaseErrors.IsDatabaseError(failure));
        Assert.True(DatabaseErrors.MayHaveBeenCommitted(failure));
    }

    [Fact]
    public async Task Write_without_commit_was_not_made()
    {
        var failure = await Assert.ThrowsAsync<DatabaseUnreachableException>(() => _database.WriteAsync(
            db =>
            {
                _server.Misfortunes.IsSilent = true;
                return db.ExecuteAsync("INSERT INTO migration (id, name, at) VALUES (9999, N'9999_test', 1)");
            },
            default).WaitAsync(Soon));

        Assert.False(DatabaseErrors.MayHaveBeenCommitted(failure));
        _server.Misfortunes.IsSilent = false;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return await _database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM migration WHERE id = 9999"), default) == 0;
                }
                catch (DatabaseUnreachableException)
                {
                    return false;
                }
            },
            "the server can be reached, and nothing was written");
    }

    [Fact]
    public async Task Broken_connection_is_an_error_of_the_database()
    {
        var breaks = true;
        await _database.WriteAsync(
            async db =>
            {
                if (breaks)
                {
                    // The client reports the use of a connection that broke as an invalid operation.
                    breaks = false;
                    await db.Connection.CloseAsync();
                }

                return await db.ExecuteAsync("INSERT INTO migration (id, name, at) VALUES (9999, N'9999_test', 1)");
            },
            default);

        Assert.Equal(1, await _database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM migration WHERE id = 9999"), default));
        await Assert.ThrowsAsync<DatabaseConnectionLostException>(() => _database.ReadAsync(
            async db =>
            {
                await db.Connection.CloseAsync();
                return await db.ScalarAsync<long>("SELECT 1");
            },
            default));
    }
}
