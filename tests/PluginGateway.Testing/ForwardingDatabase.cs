using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>Forwards every call to another database. Tests override what they need to change.</summary>
internal abstract class ForwardingDatabase(IDatabase inner) : IDatabase
{
    public ISqlDialect Dialect => Inner.Dialect;

    protected IDatabase Inner { get; } = inner;

    public Task MigrateAsync(CancellationToken ct) => Inner.MigrateAsync(ct);

    public virtual Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => Inner.ReadAsync(work, ct);

    public virtual Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => Inner.WriteAsync(work, ct);
}
