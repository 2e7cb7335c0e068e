namespace PluginGateway.Core.Tests.Storage.Stores;

/// <summary>
/// What every store must do, whatever database is behind it. The tests between them run every statement that the host can send, which
/// <see cref="StatementTests"/> sees to.
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

    /// <summary>Settings that choose the database; a new one for each test.</summary>
    protected abstract IEnumerable<string> Settings();
}

/// <summary>SQLite, in a file.</summary>
public sealed class SqliteStoreTests : StoreTests
{
    protected override IEnumerable<string> Settings() => [];
}
