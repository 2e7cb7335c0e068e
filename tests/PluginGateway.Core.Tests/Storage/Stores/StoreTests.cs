namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>
/// Tests all stores on any database. Together the tests run every statement that the host can send, which <see cref="StatementTests"/>
/// checks.
/// </summary>
public abstract partial class StoreTests : IAsyncLifetime
{
    private StoreWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await StoreWorld.CreateAsync(Settings());

    public async ValueTask DisposeAsync()
    {
        if (_world is not null)
            await _world.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the settings that select the database; a new one for each test.</summary>
    protected abstract IEnumerable<string> Settings();
}

/// <summary>Runs the store tests on a SQLite file.</summary>
public sealed class SqliteStoreTests : StoreTests
{
    protected override IEnumerable<string> Settings() => [];
}
