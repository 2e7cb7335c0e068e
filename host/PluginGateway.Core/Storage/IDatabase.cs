namespace PluginGateway.Core.Storage;

/// <summary>
/// The gateway's database. Reads run beside each other; writes are short functions over a session, run in a transaction that they may
/// share with others. A write can be run again from the start when the transaction it shared failed, so it has no effect outside it.
/// </summary>
internal interface IDatabase
{
    ISqlDialect Dialect { get; }

    /// <summary>Brings the schema up to date. Several processes may do it at a time.</summary>
    Task MigrateAsync(CancellationToken ct);

    Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct);

    /// <summary>Runs <paramref name="work"/> and returns when its effect is durable.</summary>
    /// <param name="work">What to do.</param>
    /// <param name="ct">Gives up before the work began; once it runs, it is finished.</param>
    Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct);
}
