using System.Collections.Concurrent;
using System.Diagnostics;
using PluginGateway.Host.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that notes how long the statements of each read and each write took, and the writes with their commits.</summary>
internal sealed class WatchedDatabase(IDatabase inner) : IDatabase
{
    public ConcurrentQueue<TimeSpan> Statements { get; } = new();

    /// <summary>Until they were on the disk.</summary>
    public ConcurrentQueue<TimeSpan> Writes { get; } = new();

    public ISqlDialect Dialect => inner.Dialect;

    public Task MigrateAsync(CancellationToken ct) => inner.MigrateAsync(ct);

    public Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => inner.ReadAsync(db => TimeAsync(Statements, () => work(db)), ct);

    public Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        TimeAsync(Writes, () => inner.WriteAsync(db => TimeAsync(Statements, () => work(db)), ct));

    private static async Task<T> TimeAsync<T>(ConcurrentQueue<TimeSpan> times, Func<Task<T>> call)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await call();
        times.Enqueue(Stopwatch.GetElapsedTime(start));
        return result;
    }
}
