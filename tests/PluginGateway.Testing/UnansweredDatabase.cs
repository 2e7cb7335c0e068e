using PluginGateway.Host.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that makes each write, and then does not answer.</summary>
internal sealed class UnansweredDatabase(IDatabase inner) : IDatabase
{
    public ISqlDialect Dialect => inner.Dialect;

    /// <summary>Whether it is so now.</summary>
    public bool IsLosing { get; set; }

    public Task MigrateAsync(CancellationToken ct) => inner.MigrateAsync(ct);

    public Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => inner.ReadAsync(work, ct);

    public async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        var result = await inner.WriteAsync(work, ct);
        return IsLosing ? throw new IOException("The connection broke.") : result;
    }
}
