using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;
using PluginGateway.Core.Storage;
using SQLitePCL;

namespace PluginGateway.Testing;

/// <summary>A SQLite database that notes what its reads ask, with their values, and can say how it would find that.</summary>
internal sealed class TracedDatabase(IDatabase inner) : PassingDatabase(inner)
{
    private const int StepsAtOnce = 1_000;

    private long _steps;

    public ConcurrentQueue<string> Reads { get; } = new();

    /// <summary>How much work the reads were, in steps of SQLite's machine: some dozens a row that is looked at. Exact to some thousands.</summary>
    public long Steps => Interlocked.Read(ref _steps);

    public override Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct) => Inner.ReadAsync(
        db =>
        {
            var connection = ((SqliteConnection)db.Connection).Handle!;
            raw.sqlite3_trace(connection, (_, sql) => Reads.Enqueue(sql), null);
            raw.sqlite3_progress_handler(
                connection,
                StepsAtOnce,
                _ =>
                {
                    Interlocked.Add(ref _steps, StepsAtOnce);
                    return 0;
                },
                null);
            return work(db);
        },
        ct);

    /// <summary>How a statement is found, line by line.</summary>
    public Task<List<string>> PlanAsync(string sql) => Inner.ReadAsync(
        async db => (await db.ListAsync<PlanRow>("EXPLAIN QUERY PLAN " + sql)).ConvertAll(p => p.Detail), default);

    private sealed class PlanRow
    {
        public string Detail { get; init; } = "";
    }
}
