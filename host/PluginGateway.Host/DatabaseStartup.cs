using PluginGateway.Core.KeyRing;
using PluginGateway.Core.Storage;

namespace PluginGateway.Host;

/// <summary>Prepares the database: the schema, then the clock and the data-protection keys in it.</summary>
internal sealed class DatabaseStartup(IDatabase database, DatabaseClock clock, DataKeys keys)
{
    public Task MigrateAsync(CancellationToken ct) => database.MigrateAsync(ct);

    /// <exception cref="InvalidDataException">The keys cannot be read.</exception>
    public async Task CheckAsync(CancellationToken ct)
    {
        await clock.SetAsync(database, ct);
        await keys.CheckAsync(ct);
    }
}
