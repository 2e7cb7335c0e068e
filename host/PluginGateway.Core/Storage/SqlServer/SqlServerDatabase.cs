using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.Logging.Abstractions;

namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>
/// SQL Server, shared by all hosts. Each write is a separate transaction on a separate connection and runs concurrently with others: the
/// server combines the log writes of transactions that commit at the same time. A write that lost a race against another is rolled back and
/// run again.
/// </summary>
internal sealed class SqlServerDatabase : IDatabase, ISyncDatabase, IDisposable
{
    private const int MaxWrites = 32;
    private const int MaxReads = 48;
    private const int MaxRaces = 8;
    private const int MaxOutages = 3;

    private const int ProbeTimeoutInSeconds = 2;
    private const int MinThreads = 16;

    private static readonly TimeSpan MaxRetryTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QueueTimeout = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _writes = new(MaxWrites);
    private readonly SemaphoreSlim _reads = new(MaxReads);
    private readonly string _connectionString;
    private readonly string _migrationString;
    private readonly string _probeString;
    private readonly string _description;
    private readonly ServerReach _reach;
    private readonly Faults _faults;
    private readonly TimeProvider _time;
    private readonly ILogger _log;

    public SqlServerDatabase(string connectionString, Faults faults, TimeProvider time, ILogger? log = null)
    {
        var builder = new SqlConnectionStringBuilder(connectionString)
        {
            MultipleActiveResultSets = false,
            Enlist = false,
            // After a failure, the pool would otherwise refuse connections for up to a minute after the server is available again.
            PoolBlockingPeriod = PoolBlockingPeriod.NeverBlock,
            // Whole operations are retried here instead, and sooner than the client's ten seconds.
            ConnectRetryCount = 0,
        };
        if (!builder.ShouldSerialize("Application Name"))
            builder.ApplicationName = "PluginGateway";
        _connectionString = builder.ConnectionString;
        _description = $"The database {builder.InitialCatalog} at {builder.DataSource}";
        builder.Pooling = false;
        _migrationString = builder.ConnectionString;
        builder.ConnectTimeout = ProbeTimeoutInSeconds;
        _probeString = builder.ConnectionString;
        _reach = new ServerReach(_description, ProbeAsync, DiscardConnections);
        _faults = faults;
        _time = time;
        _log = log ?? NullLogger.Instance;

        // Opening a connection blocks a thread for the time of the log-in. With the default minimum of threads, many connections that are opened at once
        // would hold up everything else for seconds.
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, MinThreads), completions);
    }

    public ISqlDialect Dialect { get; } = new SqlServerDialect();

    public async Task MigrateAsync(CancellationToken ct)
    {
        await using var connection = await OpenAsync(_migrationString, ct);
        try
        {
            await new SqlServerMigrator(connection, Dialect, _description, _time, _log).RunAsync(ct);
        }
        catch (Exception e) when (IsLost(connection, e))
        {
            // The next attempt continues with the scripts and indexes that are missing.
            throw new DatabaseConnectionLostException(mayHaveBeenCommitted: true, e);
        }
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        await EnterAsync(_reads, ct);
        var started = Stopwatch.GetTimestamp();
        try
        {
            for (var run = 1; ; run++)
            {
                try
                {
                    return await _reach.RunAsync(async _ =>
                    {
                        await using var connection = await OpenAsync(_connectionString, ct);
                        try
                        {
                            return await work(new DbSession(connection, null, Dialect, ct));
                        }
                        catch (Exception e) when (IsLost(connection, e))
                        {
                            throw new DatabaseConnectionLostException(mayHaveBeenCommitted: false, e);
                        }
                    });
                }
                catch (Exception e) when (MayRunAgain(e, run, started))
                {
                    await WaitAsync(run);
                }
            }
        }
        finally
        {
            _reads.Release();
        }
    }

    public async Task<T> WriteAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        await EnterAsync(_writes, ct);
        var started = Stopwatch.GetTimestamp();
        try
        {
            for (var run = 1; ; run++)
            {
                var committing = false;
                try
                {
                    return await _reach.RunAsync(async operation =>
                    {
                        await using var connection = await OpenAsync(_connectionString, CancellationToken.None);
                        DbTransaction? transaction = null;
                        try
                        {
                            transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
                            var result = await work(new DbSession(connection, transaction, Dialect, CancellationToken.None));
                            _faults.Pass();
                            operation.BeginCommit();
                            committing = true;
                            await transaction.CommitAsync(CancellationToken.None);
                            _faults.Pass();
                            return result;
                        }
                        catch (Exception e) when (IsLost(connection, e))
                        {
                            throw new DatabaseConnectionLostException(committing, e);
                        }
                        finally
                        {
                            await EndAsync(transaction);
                        }
                    });
                }

                // Whether a commit without a response was applied is unknown, so the caller decides what to do.
                catch (Exception e) when (!committing && MayRunAgain(e, run, started))
                {
                    await WaitAsync(run);
                }
            }
        }
        finally
        {
            _writes.Release();
        }
    }

    public IReadOnlyList<T> Query<T>(string sql, object? parameters)
    {
        using var connection = new SqlConnection(_connectionString);
        return connection.Query<T>(sql, parameters).AsList();
    }

    public void Execute(string sql, object? parameters)
    {
        using var connection = new SqlConnection(_connectionString);
        connection.Execute(sql, parameters);
    }

    public void Dispose()
    {
        _reach.Dispose();
        _writes.Dispose();
        _reads.Dispose();
    }

    /// <summary>Waits for a free slot, for a limited time: a server that does not respond must not block its callers indefinitely.</summary>
    private static async Task EnterAsync(SemaphoreSlim slots, CancellationToken ct)
    {
        if (!await slots.WaitAsync(QueueTimeout, ct))
            throw new DatabaseBusyException("Too many operations are waiting for the database.");
    }

    /// <summary>
    /// Whether to run an operation again. An operation that lost a race is retried several times; while the server is unavailable, it fails after
    /// a few attempts.
    /// </summary>
    private static bool MayRunAgain(Exception e, int run, long started) => e switch
    {
        SqlException server when SqlServerErrors.IsLostRace(server) => run < MaxRaces,
        SqlException server => SqlServerErrors.IsTransient(server) && IsEarly(run, started),
        DatabaseConnectionLostException { MayHaveBeenCommitted: false } => IsEarly(run, started),
        _ => false,
    };

    private static bool IsEarly(int run, long started) => run < MaxOutages && Stopwatch.GetElapsedTime(started) < MaxRetryTime;

    /// <summary>
    /// Whether an operation failed because its connection broke between two calls of the client. The client reports that as an incorrect use of the connection,
    /// or fails itself.
    /// </summary>
    private static bool IsLost(DbConnection connection, Exception e) =>
        (e is InvalidOperationException or NullReferenceException) && connection.State != ConnectionState.Open;

    /// <summary>
    /// Rolls back what was not committed. If the connection is broken, the server does that, and the failure that broke it is reported instead.
    /// </summary>
    private static async Task EndAsync(DbTransaction? transaction)
    {
        try
        {
            if (transaction is not null)
                await transaction.DisposeAsync();
        }
        catch (Exception e) when (e is DbException or InvalidOperationException or NullReferenceException)
        {
            // The connection is broken.
        }
    }

    /// <summary>
    /// Waits longer after each run, and for a random time, so that two writes do not collide again. Waits in real time, because tests can
    /// stop the gateway's clock.
    /// </summary>
    private static Task WaitAsync(int run) => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20 << Math.Min(run, 5))));

    private async Task ProbeAsync()
    {
        await using var connection = new SqlConnection(_probeString);
        await connection.OpenAsync();
        await connection.ExecuteScalarAsync<int>("SELECT 1", commandTimeout: ProbeTimeoutInSeconds);
    }

    /// <summary>Discards the connections from before an outage, so that they do not fail one by one.</summary>
    private void DiscardConnections()
    {
        using var connection = new SqlConnection(_connectionString);
        SqlConnection.ClearPool(connection);
    }

    private async Task<SqlConnection> OpenAsync(string connectionString, CancellationToken ct)
    {
        var connection = new SqlConnection(connectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch (InvalidOperationException e)
        {
            // The pool reports a time-out only as this exception type, whether all connections are in use or none can be opened.
            await connection.DisposeAsync();
            await _reach.CheckAsync();
            throw new DatabaseBusyException("All connections to the database are in use.", e);
        }
        catch (SqlException e) when (SqlServerErrors.IsTransient(e))
        {
            await connection.DisposeAsync();
            await _reach.CheckAsync();
            throw;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
