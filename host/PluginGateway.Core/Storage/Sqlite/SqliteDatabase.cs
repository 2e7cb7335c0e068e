using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SQLitePCL;

namespace PluginGateway.Core.Storage.Sqlite;

/// <summary>
/// SQLite in WAL mode with <c>synchronous=FULL</c>. One loop does all writing: it runs all waiting writes in one transaction and commits
/// once, so that many accepted reports share one fsync and no write waits for a lock.
/// </summary>
internal sealed class SqliteDatabase : IDatabase, ISyncDatabase, IAsyncDisposable
{
    private const int MaxWritesPerCommit = 256;

    /// <summary>
    /// How long a write waits while another process writes. Callers are promised an answer within five seconds, so once a write has waited in vain, the
    /// next ones wait for a shorter time until one succeeds.
    /// </summary>
    private const int LockTimeoutInSeconds = 4;

    private const int KnownLockTimeoutInSeconds = 1;

    private readonly Channel<IWrite> _writes = Channel.CreateBounded<IWrite>(
        new BoundedChannelOptions(10_000) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private readonly IdleReaders _readers = new();

    private readonly string _connectionString;

    /// <summary>
    /// The connection string of connections with prepared statements. They are not pooled, so that closing one discards all its settings.
    /// </summary>
    private readonly string _unpooled;
    private readonly string _folder;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writer;
    private bool _isLocked;
    private volatile OpenedFile? _opened;

    public SqliteDatabase(IOptions<StateOptions> options, Faults faults, TimeProvider time, ILogger<SqliteDatabase>? log = null)
    {
        _log = log ?? NullLogger<SqliteDatabase>.Instance;
        _time = time;
        _faults = faults;
        _folder = options.Value.FullPath;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(_folder, "gateway.db"),
            DefaultTimeout = 30,
            // Only a migration creates the file: an empty file in place of a deleted one would hide the loss.
            Mode = SqliteOpenMode.ReadWrite,
        }.ToString();
        _unpooled = new SqliteConnectionStringBuilder(_connectionString) { Pooling = false }.ToString();
        _writer = Task.Run(WriteLoopAsync);
    }

    public ISqlDialect Dialect { get; } = new SqliteDialect();

    public async Task MigrateAsync(CancellationToken ct)
    {
        StateFolder.Create(_folder);
        StateFolder.CreateFile(Path.Combine(_folder, "gateway.db"));
        try
        {
            await MigrateFileAsync(ct);
            _opened ??= await OpenedFile.OpenAsync(_connectionString, ct);
        }
        catch (SqliteException e) when (!DatabaseErrors.IsTransient(e))
        {
            throw new InvalidDataException(
                $"{Path.Combine(_folder, "gateway.db")} is damaged ({e.Message}). The gateway has not changed it: "
                    + "keep a copy of it and restore a back-up (see the command \"backup\").",
                e);
        }
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        _opened?.Check();
        var connection = _readers.Take(out var round) ?? await OpenReaderAsync(ct);
        var isUsable = true;
        var interruption = ct.CanBeCanceled ? new ReadInterruption(connection, ct) : null;
        try
        {
            return await work(new DbSession(connection, null, Dialect, ct));
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT && ct.IsCancellationRequested)
        {
            isUsable = false;
            throw new OperationCanceledException("The read was cancelled.", e, ct);
        }
        catch (DbException)
        {
            isUsable = false;
            throw;
        }
        finally
        {
            interruption?.Dispose();
            if (!isUsable || !_readers.Return(connection, round))
                await connection.DisposeAsync();
        }
    }

    public Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        var write = new Write<T>(work);
        return !ct.IsCancellationRequested && _writes.Writer.TryWrite(write) ? write.Done : EnqueueAsync(write, ct);
    }

    /// <summary>Copies the database to a file while it is in use. The copy is a consistent snapshot and its integrity is checked.</summary>
    public async Task BackUpAsync(string file, CancellationToken ct)
    {
        _opened?.Check();
        await using var source = await OpenReaderAsync(ct);
        await using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        await copy.OpenAsync(ct);
        // Copied in a single step, so that concurrent writes do not restart the copy.
        source.BackupDatabase(copy);
        // Merges the log into the copy, so that the copy is a single file.
        await copy.ExecuteAsync(new CommandDefinition("PRAGMA journal_mode = DELETE", cancellationToken: ct));
        if (await copy.ExecuteScalarAsync<string>(new CommandDefinition("PRAGMA integrity_check", cancellationToken: ct)) is not "ok" and var found)
            throw new InvalidDataException($"The integrity check of the copy failed: {found}");
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
        _readers.Close(permanently: true);
        _opened?.Dispose();
    }

    private async Task MigrateFileAsync(CancellationToken ct)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(_connectionString) { Mode = SqliteOpenMode.ReadWriteCreate }.ToString());
        await connection.OpenAsync(ct);
        OpenedFile.KeepLog(connection);
        await connection.ExecuteAsync(new CommandDefinition("PRAGMA journal_mode = WAL", cancellationToken: ct));
        await connection.ExecuteAsync(new CommandDefinition(
            "CREATE TABLE IF NOT EXISTS migration (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL)", cancellationToken: ct));

        // The transaction is immediate: when several processes start together, one migrates and the others find the work done.
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var session = new DbSession(connection, transaction, Dialect, ct);
        var done = await session.ListAsync<Migration>("SELECT id AS Id, name AS Name FROM migration");
        var missing = Migration.Missing(SqliteDialect.Name, done, Path.Combine(_folder, "gateway.db"));
        foreach (var (i, migration) in missing.Index())
        {
            if (done.Count > 0)
                _log.RunningScript(migration.Name, i + 1, missing.Count);
            await session.ExecuteAsync(migration.Sql(SqliteDialect.Name));
            await session.ExecuteAsync(
                "INSERT INTO migration (id, name, at) VALUES (@Id, @Name, @at)",
                new { migration.Id, migration.Name, at = _time.GetUtcNow().ToUnixTimeMilliseconds() });
        }

        await transaction.CommitAsync(ct);
    }

    /// <summary>Waits while the queue is full. Fails if the queue is closed or the write was cancelled.</summary>
    private async Task<T> EnqueueAsync<T>(Write<T> write, CancellationToken ct)
    {
        await _writes.Writer.WriteAsync(write, ct);
        return await write.Done;
    }

    private async Task<PreparingConnection> OpenReaderAsync(CancellationToken ct)
    {
        var connection = new PreparingConnection(_unpooled);
        await connection.OpenAsync(ct);
        OpenedFile.KeepLog(connection);
        return connection;
    }

    private SqliteConnection Open()
    {
        _opened?.Check();
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        OpenedFile.KeepLog(connection);
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
                // Lets the requests that are ready run first, so that their writes share the commit.
                await Task.Yield();
                batch.Clear();
                while (batch.Count < MaxWritesPerCommit && _writes.Reader.TryRead(out var write))
                    batch.Add(write);

                try
                {
                    connection ??= await OpenWriterAsync();
                    await CommitAsync(connection, batch);
                    if (_isLocked)
                        (_isLocked, connection) = (false, await ReopenAsync(connection));
                }
                catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_BUSY)
                {
                    // No write of the batch has run, and each would wait as long again.
                    _isLocked = true;
                    foreach (var write in batch)
                        write.Fail(e);
                    connection = await KeepOrCloseAsync(connection, e);
                }
                catch (DbException e) when (batch.Count == 1)
                {
                    batch[0].Fail(e);
                    connection = await KeepOrCloseAsync(connection, e);
                }
#pragma warning disable CA1031 // A failed write must not fail the others of its batch or stop the loop: each is run again separately.
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

    /// <summary>Merges the log into the file, so that a copy of the file of a stopped gateway is complete.</summary>
    private async Task CloseAsync(SqliteConnection connection)
    {
        try
        {
            _opened?.Check();
            await connection.ExecuteAsync("PRAGMA busy_timeout = 500; PRAGMA wal_checkpoint(TRUNCATE)");
        }
        catch (SqliteException)
        {
            // The changes stay in the log beside the file, where SQLite finds them.
        }

        await connection.DisposeAsync();
    }

    /// <summary>Replaces the connection, so that the next write waits for other processes as usual.</summary>
    private static async Task<PreparingConnection?> ReopenAsync(PreparingConnection connection)
    {
        await connection.DisposeAsync();
        return null;
    }

    private async Task<PreparingConnection> OpenWriterAsync()
    {
        var timeout = _isLocked ? KnownLockTimeoutInSeconds : LockTimeoutInSeconds;
        // The driver repeats a statement until this time-out, too.
        var connection = new PreparingConnection(new SqliteConnectionStringBuilder(_unpooled) { DefaultTimeout = timeout }.ToString());
        await connection.OpenAsync();
        // wal_autocheckpoint: the log is merged into the database every 64 MB; a page that changes a hundred times until then is written
        // once.
        // cache_size: a small cache is enough for the ends of the tables, where reports are written; a large one is searched whenever the
        // file has grown.
        // secure_delete: deleted content is overwritten.
        // busy_timeout: SQLite itself waits for another process that writes; the driver would retry only every 150 ms.
        await connection.ExecuteAsync(
            $"PRAGMA busy_timeout = {timeout * 1_000}; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 16000; "
                + "PRAGMA cache_size = -16384");
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
    /// Closes the connection after a failure of the file, so that a new one is opened for the next write. A connection to a file that was
    /// moved is kept: another file may be at its path, and when the original file is moved back, the connection works again.
    /// </summary>
    private async Task<PreparingConnection?> KeepOrCloseAsync(PreparingConnection? connection, Exception e)
    {
        if (connection is null || !DatabaseErrors.IsDatabaseError(e) || e is SqliteException { SqliteExtendedErrorCode: OpenedFile.MovedCode })
            return connection;
        await connection.DisposeAsync();
        _readers.Close(permanently: false);
        await using var pooled = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(pooled);
        return null;
    }

    /// <returns>The connection for the next write; null if one must be opened.</returns>
    private async Task<PreparingConnection?> CommitEachAsync(PreparingConnection? connection, List<IWrite> batch)
    {
        foreach (var write in batch)
        {
            try
            {
                connection ??= await OpenWriterAsync();
                await CommitAsync(connection, [write]);
            }
#pragma warning disable CA1031 // The exception goes to the caller of the write.
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
