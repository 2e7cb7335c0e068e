using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace PluginGateway.Host.Storage.Sqlite;

/// <summary>
/// SQLite in WAL mode with <c>synchronous=FULL</c>. One loop does all writing: it takes whatever waits, runs it in one transaction, and
/// commits once, so that many accepts share one fsync and nobody waits for a lock.
/// </summary>
internal sealed class SqliteDatabase : IDatabase, ISyncDatabase, IAsyncDisposable
{
    private const int MostInOneCommit = 256;

    private readonly Channel<IWrite> _writes = Channel.CreateBounded<IWrite>(
        new BoundedChannelOptions(10_000) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly string _connectionString;
    private readonly string _folder;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly Task _writer;

    public SqliteDatabase(IOptions<StateOptions> options, Faults faults, TimeProvider time)
    {
        _time = time;
        _faults = faults;
        _folder = options.Value.FullPath;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(_folder, "gateway.db"),
            DefaultTimeout = 30,
        }.ToString();
        _writer = Task.Run(WriteLoopAsync);
    }

    public ISqlDialect Dialect { get; } = new SqliteDialect();

    public async Task MigrateAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(_folder);
        await using var connection = await OpenAsync(ct);
        await connection.ExecuteAsync(new CommandDefinition("PRAGMA journal_mode = WAL", cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            "CREATE TABLE IF NOT EXISTS migration (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)", cancellationToken: ct));

        // An immediate transaction: of several processes that start together one migrates and the others find it done.
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var session = new DbSession(connection, transaction, Dialect, ct);
        var done = await session.ListAsync<Migration>("SELECT id AS Id, name AS Name FROM migration");
        foreach (var migration in Migration.Missing(SqliteDialect.Name, done, Path.Combine(_folder, "gateway.db")))
        {
            await session.ExecuteAsync(migration.Sql(SqliteDialect.Name));
            await session.ExecuteAsync(
                "INSERT INTO migration (id, name, at) VALUES (@Id, @Name, @at)",
                new { migration.Id, migration.Name, at = _time.GetUtcNow().ToUnixTimeMilliseconds() });
        }

        await transaction.CommitAsync(ct);
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        return await work(new DbSession(connection, null, Dialect, ct));
    }

    public async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        var write = new Write<T>(work);
        await _writes.Writer.WriteAsync(write, ct);
        return await write.Done;
    }

    public IReadOnlyList<T> Query<T>(string sql, object? parameters)
    {
        using var connection = new SqliteConnection(_connectionString);
        return connection.Query<T>(sql, parameters).AsList();
    }

    public void Execute(string sql, object? parameters)
    {
        using var connection = new SqliteConnection(_connectionString);
        connection.Execute(sql, parameters);
    }

    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _writer;
    }

    private async Task<SqliteConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(ct);
        return connection;
    }

    private async Task WriteLoopAsync()
    {
        SqliteConnection? connection = null;
        var batch = new List<IWrite>(MostInOneCommit);
        try
        {
            while (await _writes.Reader.WaitToReadAsync())
            {
                // Behind the requests that are ready to run: what they write comes along, and shares the commit.
                await Task.Yield();
                batch.Clear();
                while (batch.Count < MostInOneCommit && _writes.Reader.TryRead(out var write))
                    batch.Add(write);

                try
                {
                    connection ??= await OpenWriterAsync();
                    await CommitAsync(connection, batch);
                }
                catch (DbException e) when (batch.Count == 1)
                {
                    batch[0].Fail(e);
                }
#pragma warning disable CA1031 // One bad write must not fail the others of its batch, nor stop the loop: each is run again by itself.
                catch (Exception)
                {
                    await CommitEachAsync(connection, batch);
                }
#pragma warning restore CA1031
            }
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync();
        }
    }

    private async Task<SqliteConnection> OpenWriterAsync()
    {
        var connection = new PreparingConnection(_connectionString);
        await connection.OpenAsync();
        // The log is folded into the database every 64 MB: until then a page that changes a hundred times is written there once.
        // Another process that writes is waited for by SQLite itself: the driver would look only every 150 ms.
        await connection.ExecuteAsync("PRAGMA busy_timeout = 30000; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -65536");
        return connection;
    }

    private async Task CommitAsync(SqliteConnection connection, List<IWrite> batch)
    {
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var session = new DbSession(connection, transaction, Dialect, CancellationToken.None);
            foreach (var write in batch)
                await write.RunAsync(session);
            _faults.Pass();
            await transaction.CommitAsync();
        }

        _faults.Pass();
        foreach (var write in batch)
            write.Complete();
    }

    private async Task CommitEachAsync(SqliteConnection? connection, List<IWrite> batch)
    {
        foreach (var write in batch)
        {
            try
            {
                connection ??= await OpenWriterAsync();
                await CommitAsync(connection, [write]);
            }
#pragma warning disable CA1031 // Handed to the one who asked for the write.
            catch (Exception e)
            {
                write.Fail(e);
            }
#pragma warning restore CA1031
        }
    }

    private interface IWrite
    {
        Task RunAsync(DbSession session);

        void Complete();

        void Fail(Exception e);
    }

    private sealed class Write<T>(Func<DbSession, Task<T>> work) : IWrite
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Done => _done.Task;

        public async Task RunAsync(DbSession session) => _result = await work(session);

        public void Complete() => _done.TrySetResult(_result!);

        public void Fail(Exception e) => _done.TrySetException(e);
    }
}
