using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// SQLite in WAL mode with <c>synchronous=FULL</c>. One loop does all writing: it takes whatever waits, runs it in one transaction, and
/// commits once, so that many accepts share one fsync and nobody waits for a lock.
/// </summary>
internal sealed class SqliteDatabase : IDatabase, ISyncDatabase, IAsyncDisposable
{
    private const int MaxWritesPerCommit = 256;

    private readonly Channel<IWrite> _writes = Channel.CreateBounded<IWrite>(
        new BoundedChannelOptions(10_000) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly IdleReaders _readers = new();

    private readonly string _connectionString;

    /// <summary>For connections with prepared statements: when one is given up it is closed, with all that was set on it.</summary>
    private readonly string _unpooled;
    private readonly string _folder;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly Task _writer;
    private volatile OpenedFile? _opened;

    public SqliteDatabase(IOptions<StateOptions> options, Faults faults, TimeProvider time)
    {
        _time = time;
        _faults = faults;
        _folder = options.Value.FullPath;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(_folder, "gateway.db"),
            DefaultTimeout = 30,
            // Only who migrates makes a file: when it has gone, an empty one in its place would hide that.
            Mode = SqliteOpenMode.ReadWrite,
        }.ToString();
        _unpooled = new SqliteConnectionStringBuilder(_connectionString) { Pooling = false }.ToString();
        _writer = Task.Run(WriteLoopAsync);
    }

    public ISqlDialect Dialect { get; } = new SqliteDialect();

    public async Task MigrateAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(_folder);
        try
        {
            await MigrateFileAsync(ct);
            _opened ??= await OpenedFile.OpenAsync(_connectionString, ct);
        }
        catch (SqliteException e) when (!DatabaseErrors.IsTransient(e))
        {
            throw new InvalidDataException(
                $"{Path.Combine(_folder, "gateway.db")} is damaged ({e.Message}). Nothing was changed in it: "
                    + "keep a copy of it and restore a back-up (see \"backup\").",
                e);
        }
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        _opened?.Check();
        var connection = _readers.Take(out var round) ?? await OpenReaderAsync(ct);
        var isGood = true;
        try
        {
            return await work(new DbSession(connection, null, Dialect, ct));
        }
        catch (DbException)
        {
            isGood = false;
            throw;
        }
        finally
        {
            if (!isGood || !_readers.Return(connection, round))
                await connection.DisposeAsync();
        }
    }

    public Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        var write = new Write<T>(work);
        return !ct.IsCancellationRequested && _writes.Writer.TryWrite(write) ? write.Done : RetryWhileBusyAsync(write, ct);
    }

    /// <summary>Copies the database to a file while it is used: the copy is as it was at one moment, and is checked.</summary>
    public async Task BackUpAsync(string file, CancellationToken ct)
    {
        _opened?.Check();
        await using var source = await OpenReaderAsync(ct);
        await using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        await copy.OpenAsync(ct);
        // One step: the source can be written to all the while, and the copy does not begin anew because of it.
        source.BackupDatabase(copy);
        // The copy is one file, whatever the log of the original still held.
        await copy.ExecuteAsync(new CommandDefinition("PRAGMA journal_mode = DELETE", cancellationToken: ct));
        if (await copy.ExecuteScalarAsync<string>(new CommandDefinition("PRAGMA integrity_check", cancellationToken: ct)) is not "ok" and var found)
            throw new InvalidDataException($"The copy is not whole: {found}");
    }

    public IReadOnlyList<T> Query<T>(string sql, object? parameters)
    {
        using var connection = Open();
        return connection.Query<T>(sql, parameters).AsList();
    }

    public void Execute(string sql, object? parameters)
    {
        using var connection = Open();
        connection.Execute(sql, parameters);
    }

    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _writer;
        _readers.Close(forGood: true);
        _opened?.Dispose();
    }

    private async Task MigrateFileAsync(CancellationToken ct)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(_connectionString) { Mode = SqliteOpenMode.ReadWriteCreate }.ToString());
        await connection.OpenAsync(ct);
        OpenedFile.KeepsLog(connection);
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

    /// <summary>The queue is full or closed, or nobody waits any more.</summary>
    private async Task<T> RetryWhileBusyAsync<T>(Write<T> write, CancellationToken ct)
    {
        await _writes.Writer.WriteAsync(write, ct);
        return await write.Done;
    }

    private async Task<PreparingConnection> OpenReaderAsync(CancellationToken ct)
    {
        var connection = new PreparingConnection(_unpooled);
        await connection.OpenAsync(ct);
        OpenedFile.KeepsLog(connection);
        return connection;
    }

    private SqliteConnection Open()
    {
        _opened?.Check();
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        OpenedFile.KeepsLog(connection);
        return connection;
    }

    private async Task WriteLoopAsync()
    {
        PreparingConnection? connection = null;
        var batch = new List<IWrite>(MaxWritesPerCommit);
        try
        {
            while (await _writes.Reader.WaitToReadAsync())
            {
                // Behind the requests that are ready to run: what they write comes along, and shares the commit.
                await Task.Yield();
                batch.Clear();
                while (batch.Count < MaxWritesPerCommit && _writes.Reader.TryRead(out var write))
                    batch.Add(write);

                try
                {
                    connection ??= await OpenWriterAsync();
                    await CommitAsync(connection, batch);
                }
                catch (DbException e) when (batch.Count == 1)
                {
                    batch[0].Fail(e);
                    connection = await KeepOrCloseAsync(connection, e);
                }
#pragma warning disable CA1031 // One bad write must not fail the others of its batch, nor stop the loop: each is run again by itself.
                catch (Exception)
                {
                    connection = await CommitEachAsync(connection, batch);
                }
#pragma warning restore CA1031
            }
        }
        finally
        {
            if (connection is not null)
                await CloseAsync(connection);
        }
    }

    /// <summary>Whoever copies the file of a gateway that was stopped is to have all of it.</summary>
    private async Task CloseAsync(SqliteConnection connection)
    {
        try
        {
            _opened?.Check();
            await connection.ExecuteAsync("PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // It stays in the log beside the file, and is found there.
        }

        await connection.DisposeAsync();
    }

    private async Task<PreparingConnection> OpenWriterAsync()
    {
        var connection = new PreparingConnection(_unpooled);
        await connection.OpenAsync();
        // The log is folded into the database every 64 MB: until then a page that changes a hundred times is written there once.
        // Reports are written at the ends of the tables, which a small cache holds; a large one is searched through whenever the file has grown.
        // What is cleared is overwritten, not only no longer found.
        // Another process that writes is waited for by SQLite itself: the driver would look only every 150 ms.
        await connection.ExecuteAsync(
            "PRAGMA busy_timeout = 30000; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 16000; PRAGMA cache_size = -16384");
        return connection;
    }

    private async Task CommitAsync(PreparingConnection connection, List<IWrite> batch)
    {
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            var session = new DbSession(connection, transaction, Dialect, CancellationToken.None);
            foreach (var write in batch)
                await write.RunAsync(session);
            _faults.Pass();
            _opened?.Check();
            await transaction.CommitAsync();
        }

        _faults.Pass();
        foreach (var write in batch)
            write.Complete();
    }

    /// <summary>
    /// After trouble with the file a new connection is opened for what comes. Not when the file has gone: whatever is in its place then is
    /// not what the gateway knows, and when the file is put back the old connection goes on.
    /// </summary>
    private async Task<PreparingConnection?> KeepOrCloseAsync(PreparingConnection? connection, Exception e)
    {
        if (connection is null || !DatabaseErrors.IsDatabaseError(e) || e is SqliteException { SqliteExtendedErrorCode: OpenedFile.MovedCode })
            return connection;
        await connection.DisposeAsync();
        _readers.Close(forGood: false);
        await using var pooled = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(pooled);
        return null;
    }

    /// <returns>The connection to go on with.</returns>
    private async Task<PreparingConnection?> CommitEachAsync(PreparingConnection? connection, List<IWrite> batch)
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
                connection = await KeepOrCloseAsync(connection, e);
            }
#pragma warning restore CA1031
        }

        return connection;
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
