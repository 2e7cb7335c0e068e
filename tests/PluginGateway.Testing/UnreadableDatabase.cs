using PluginGateway.Host.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that can be written to, and not read.</summary>
internal sealed class UnreadableDatabase(IDatabase inner) : IDatabase
{
    public ISqlDialect Dialect => inner.Dialect;

    /// <summary>Whether it is over.</summary>
    public bool CanRead { get; set; }

    public Task MigrateAsync(CancellationToken ct) => inner.MigrateAsync(ct);

    public Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        CanRead ? inner.ReadAsync(work, ct) : Task.FromException<T>(new IOException("The disk cannot be read."));

    public Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => inner.WriteAsync(work, ct);
}
