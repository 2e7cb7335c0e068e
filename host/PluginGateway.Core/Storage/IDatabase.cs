namespace PluginGateway.Core.Storage;

/// <summary>
/// The gateway's database. Reads run concurrently. A write is a short function over a session; it runs in a transaction that it may share
/// with other writes. When a shared transaction fails, the write can be run again from the beginning, so it must have no effect outside the
/// transaction.
/// </summary>
internal interface IDatabase
{
    ISqlDialect Dialect { get; }

    /// <summary>Brings the schema up to date. Several processes can call this at the same time.</summary>
    Task MigrateAsync(CancellationToken ct);

    Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct);

    /// <summary>Runs <paramref name="work"/> and returns when its effect is durable.</summary>
    /// <param name="work">The write to run.</param>
    /// <param name="ct">Cancels the write if it has not started; a write that has started is completed.</param>
    Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct);
}
