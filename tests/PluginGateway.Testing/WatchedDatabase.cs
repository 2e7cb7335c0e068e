using System.Collections.Concurrent;
using System.Diagnostics;
using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>A database that notes how long the statements of each read and each write took, and the writes with their commits.</summary>
internal sealed class WatchedDatabase(IDatabase inner) : PassingDatabase(inner)
{
    public ConcurrentQueue<TimeSpan> Statements { get; } = new();

    /// <summary>Until they were on the disk.</summary>
    public ConcurrentQueue<TimeSpan> Writes { get; } = new();

    public override Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        Inner.ReadAsync(db => TimeAsync(Statements, () => work(db)), ct);

    public override Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) =>
        TimeAsync(Writes, () => Inner.WriteAsync(db => TimeAsync(Statements, () => work(db)), ct));

    private static async Task<T> TimeAsync<T>(ConcurrentQueue<TimeSpan> times, Func<Task<T>> call)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await call();
        times.Enqueue(Stopwatch.GetElapsedTime(start));
        return result;
    }
}
