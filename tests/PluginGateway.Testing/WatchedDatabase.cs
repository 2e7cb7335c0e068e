using System.Collections.Concurrent;
using System.Diagnostics;
using PluginGateway.Core.Storage;

namespace PluginGateway.Testing;

/// <summary>
/// A database that measures how long the statements of each read and write take, and how long each write takes including its commit.
/// </summary>
internal sealed class WatchedDatabase(IDatabase inner) : ForwardingDatabase(inner)
{
    public ConcurrentQueue<TimeSpan> Statements { get; } = new();

    /// <summary>The durations of writes including the commit.</summary>
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
