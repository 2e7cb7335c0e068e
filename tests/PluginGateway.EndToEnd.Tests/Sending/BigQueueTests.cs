using Microsoft.Data.Sqlite;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;
using SQLitePCL;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>
/// Tests a queue of 100,000 due deliveries: a claim reads as little as with ten, and a restart starts only as many calls as the lane
/// allows.
/// </summary>
public sealed class BigQueueTests : IAsyncLifetime
{
    private const int Queued = 100_000;

    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StubOpen311 _council = null!;
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _council.BeforeCreate = (_, _) => _release.Task;
        _gateway = new GatewayApp("--Sending:Drain=00:00:01");
        Built.Drop("Open311", _gateway.Plugins);
        _gateway.Council(
            "c", Some.Open311Council("c", _council.Endpoint, backEndMore: "\"repeat\": \"reports\",").Replace("direct", "queued", StringComparison.Ordinal));
        await _gateway.StartAsync();
        var pattern = (await _gateway.PostAsync("c", Some.Report())).Id;
        await QueueFill.AddAsync(_gateway.Get<IDatabase>(), pattern, Queued, due: 0);
    }

    public async ValueTask DisposeAsync()
    {
        _release.TrySetResult();
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
    }

    [Fact]
    public async Task Restart_starts_as_many_calls_as_the_lane_allows()
    {
        await Eventually.TrueAsync(() => _council.Posts.Count == 4, "four calls are running");
        await _gateway.StopAsync();
        await _gateway.StartAsync();

        await Eventually.TrueAsync(() => _council.Posts.Count >= 8, "four more calls are running");
        Assert.Equal(8, _council.Posts.Count);
        Assert.InRange(await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt"), 4, 8);
    }

    [Fact]
    public async Task Claim_uses_its_index_and_reads_only_claimed_rows()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "The test inspects SQLite's virtual machine.");
        await _gateway.StopAsync();
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(_gateway.State, "gateway.db")}");
        await connection.OpenAsync();
        var claim = new PluginGateway.Core.Storage.Sqlite.SqliteDialect().ClaimDue;
        var plan = await PlanAsync(connection, claim);
        Assert.Contains("INDEX delivery_due (lane_id=? AND due<?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);

        // The steps of SQLite's virtual machine show the rows read: some dozens per claimed row, whatever the length of the queue; no
        // sorting, no scan.
        Assert.Equal(raw.SQLITE_OK, raw.sqlite3_prepare_v2(connection.Handle, claim, out var statement));
        using (statement)
        {
            foreach (var (name, value) in new[] { ("@lane", 1L), ("@now", long.MaxValue), ("@count", 20L), ("@until", 0L) })
                if (raw.sqlite3_bind_parameter_index(statement, name) is > 0 and var at)
                    raw.sqlite3_bind_int64(statement, at, value);
            foreach (var name in new[] { "@owner", "@token" })
                raw.sqlite3_bind_text(statement, raw.sqlite3_bind_parameter_index(statement, name), "test");
            var rows = 0;
            while (raw.sqlite3_step(statement) == raw.SQLITE_ROW)
                rows++;
            Assert.Equal(20, rows);
            Assert.Equal(0, raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_SORT, 0));
            Assert.InRange(raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_FULLSCAN_STEP, 0), 0, 25);
            Assert.InRange(raw.sqlite3_stmt_status(statement, raw.SQLITE_STMTSTATUS_VM_STEP, 0), 1, 20 * 200);
        }
    }

    private static async Task<string> PlanAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // A statement of the dialect.
        command.CommandText = "EXPLAIN QUERY PLAN " + sql;
#pragma warning restore CA2100
        foreach (var name in new[] { "@lane", "@now", "@count", "@owner", "@until", "@token" })
            command.Parameters.AddWithValue(name, 0);
        var plan = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            plan.Add(reader.GetString(3));
        return string.Join('\n', plan);
    }
}
