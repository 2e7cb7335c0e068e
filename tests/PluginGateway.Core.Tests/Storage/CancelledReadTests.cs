using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace PluginGateway.Core.Tests.Storage;

public sealed class CancelledReadTests
{
    private const string Endless = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT MAX(x) FROM n";

    [Fact]
    public async Task Read_ends_when_it_is_cancelled_and_the_next_one_succeeds()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var cancelled = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        var read = Task.Run(() => test.Database.ReadAsync(
            db =>
            {
                // Called when the statement begins.
                raw.sqlite3_trace(((SqliteConnection)db.Connection).Handle, (strdelegate_trace)((_, _) => started.TrySetResult()), null);
                return db.ScalarAsync<long>(Endless);
            },
            cancelled.Token));
        await started.Task;
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(await test.Database.ReadAsync(db => db.ScalarAsync<long>("SELECT COUNT(*) FROM migration"), default) > 0);
    }
}
