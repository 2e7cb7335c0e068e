using System.Diagnostics;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.SqlServer;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>Tests the upgrade of a large SQL Server database while other hosts use it.</summary>
public sealed class SqlServerMigrationTests : IAsyncDisposable
{
    /// <summary>The number of a script that builds indexes on the table of deliveries.</summary>
    private const int WithIndexes = 11;

    private readonly SqlServerDouble _server = new();
    private readonly CollectingLogger<SqlServerMigrationTests> _log = new();
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Upgrade_that_was_interrupted_builds_the_missing_indexes_only()
    {
        using var database = await CreateAsync();
        _server.Misfortunes.Fail("CREATE INDEX delivery_cancelled", 1101, times: 1);

        await Assert.ThrowsAsync<SqlException>(() => database.MigrateAsync(default));
        Assert.Equal([(11L, 0L)], await IncompleteAsync(database));
        // A later version was interrupted too.
        await database.WriteAsync(db => db.ExecuteAsync("INSERT INTO migration (id, name, at) VALUES (9999, N'9999_later', 0)"), default);

        _log.Lines.Clear();
        await database.MigrateAsync(default);
        Assert.Equal([(9999L, 0L)], await IncompleteAsync(database));
        Assert.DoesNotContain(_log.Lines, l => l.Contains("delivery_failing", StringComparison.Ordinal));
        Assert.Contains(_log.Lines, l => l.Contains("building index delivery_cancelled on table delivery, 3 of 4", StringComparison.Ordinal));
        Assert.Empty(_server.Log.Violations);
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task Indexes_are_built_while_tables_are_written_to_where_the_edition_can(long edition, bool isOnline)
    {
        _server.Edition = edition;
        using var database = await CreateAsync();
        await database.MigrateAsync(default);

        var built = _server.Log.Statements.Keys.Where(s => s.StartsWith("CREATE INDEX delivery_cancelled", StringComparison.Ordinal)).ToList();
        Assert.Equal(isOnline, Assert.Single(built).EndsWith("WITH (ONLINE = ON)", StringComparison.Ordinal));
        Assert.Contains(
            _log.Lines,
            l => l.EndsWith($"Writes to the table {(isOnline ? "continue" : "wait until it is built")}.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Long_statement_has_no_time_limit_and_is_reported()
    {
        using var database = await CreateAsync();
        var built = new TaskCompletionSource();
        _server.Misfortunes.Delay("CREATE INDEX delivery_cancelled", built.Task);
        var timeouts = new List<int>();
        using var listening = DiagnosticListener.AllListeners.Subscribe(new Observer<DiagnosticListener>(listener =>
        {
            if (listener.Name == "SqlClientDiagnosticListener")
                listener.Subscribe(new Observer<KeyValuePair<string, object?>>(e =>
                {
                    if (e.Value?.GetType().GetProperty("Command")?.GetValue(e.Value) is SqlCommand { CommandText: var text } command
                        && text.StartsWith("CREATE INDEX delivery_cancelled", StringComparison.Ordinal))
                        lock (timeouts)
                            timeouts.Add(command.CommandTimeout);
                }));
        }));

        var migrating = database.MigrateAsync(default);
        await Eventually.TrueAsync(() => _log.Lines.Any(l => l.Contains("building index delivery_cancelled", StringComparison.Ordinal)), "the index is built");
        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(TimeSpan.FromSeconds(30));
                return _log.Lines.Any(l => l.Contains("building index delivery_cancelled is still running", StringComparison.Ordinal));
            },
            "the progress is logged");
        // Other hosts write meanwhile.
        await database.WriteAsync(db => db.ExecuteAsync("UPDATE lane SET slow_until = 1 WHERE id = 1"), default);
        Assert.False(migrating.IsCompleted);

        built.SetResult();
        await migrating;
        // Other tests of this process may run the statement too.
        Assert.All(timeouts, t => Assert.Equal(0, t));
        Assert.NotEmpty(timeouts);
    }

    [Fact]
    public async Task Second_host_waits_for_the_first()
    {
        using var database = await CreateAsync();
        var built = new TaskCompletionSource();
        _server.Misfortunes.Delay("CREATE INDEX delivery_cancelled", built.Task);
        var first = database.MigrateAsync(default);
        await Eventually.TrueAsync(() => _log.Lines.Any(l => l.Contains("building index delivery_cancelled", StringComparison.Ordinal)), "the index is built");
        var second = database.MigrateAsync(default);
        built.SetResult();
        await Task.WhenAll(first, second);

        Assert.Single(_log.Lines, l => l.Contains("building index delivery_cancelled", StringComparison.Ordinal));
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static Task<List<(long Id, long At)>> IncompleteAsync(SqlServerDatabase database) =>
        database.ReadAsync(db => db.ListAsync<(long Id, long At)>("SELECT id, at FROM migration WHERE at = 0"), default);

    /// <summary>Creates a database of the version before the script.</summary>
    private async Task<SqlServerDatabase> CreateAsync()
    {
        var connectionString = TestStore.Create(_server.ConnectionString);
        await using var old = await EarlierSchema.CreateSqlServerAsync(connectionString, WithIndexes);
        return new SqlServerDatabase(connectionString, Faults.None, _clock, _log);
    }

    private sealed class Observer<T>(Action<T> observe) : IObserver<T>
    {
        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void OnNext(T value) => observe(value);
    }
}
