using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using PluginGateway.Core.Storage;
using SQLitePCL;

namespace PluginGateway.Testing;

/// <summary>A SQLite database that records the statements of its reads, with their values, and can return query plans.</summary>
internal sealed class TracedDatabase(IDatabase inner) : ForwardingDatabase(inner)
{
    private const int StepsPerCallback = 1_000;

    private long _steps;

    public ConcurrentQueue<string> Reads { get; } = new();

    /// <summary>The work done by the reads, in steps of SQLite's virtual machine: some dozens for each row visited, rounded to thousands.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    public void ResetSteps() => Interlocked.Exchange(ref _steps, 0);

    public override Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => Inner.ReadAsync(
        db =>
        {
            var connection = ((SqliteConnection)db.Connection).Handle!;
            raw.sqlite3_trace(connection, (_, sql) => Reads.Enqueue(sql), null);
            raw.sqlite3_progress_handler(
                connection,
                StepsPerCallback,
                _ =>
                {
                    Interlocked.Add(ref _steps, StepsPerCallback);
                    return 0;
                },
                null);
            return work(db);
        },
        ct);

    /// <summary>Returns the query plan of a statement, line by line.</summary>
    public Task<List<string>> PlanAsync(string sql) => Inner.ReadAsync(
        async db => (await db.ListAsync<PlanRow>("EXPLAIN QUERY PLAN " + sql)).ConvertAll(p => p.Detail), default);

    private sealed class PlanRow
    {
        public string Detail { get; init; } = "";
    }
}
