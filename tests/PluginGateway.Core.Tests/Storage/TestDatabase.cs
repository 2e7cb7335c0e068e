using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>A migrated SQLite database in a separate folder.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private TestDatabase()
    {
        var options = Options.Create(new StateOptions { Path = _folder.Path });
        (Database, Spool) = (new SqliteDatabase(options, Faults.None, TimeProvider.System), new Spool(options));
    }

    public SqliteDatabase Database { get; }

    public Spool Spool { get; }

    public string Folder => _folder.Path;

    public static async Task<TestDatabase> CreateAsync()
    {
        var created = new TestDatabase();
        await created.Database.MigrateAsync(default);
        return created;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }
}
