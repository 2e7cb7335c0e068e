using PluginGateway.Host.Storage;

namespace PluginGateway.Testing;

/// <summary>A database whose writes fail, and leave nothing behind, when they made something true.</summary>
internal sealed class BrokenDatabase(IDatabase inner, Func<DbSession, Task<bool>> fails) : IDatabase
{
    public ISqlDialect Dialect => inner.Dialect;

    public Task MigrateAsync(CancellationToken ct) => inner.MigrateAsync(ct);

    public Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => inner.ReadAsync(work, ct);

    public Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => inner.WriteAsync(
        async db =>
        {
            var result = await work(db);
            return await fails(db) ? throw new IOException("The disk is full.") : result;
        },
        ct);
}
