using System.Data;
using System.Data.Common;
using System.Diagnostics;
using Dapper;
using Microsoft.Data.SqlClient;

namespace PluginGateway.Core.Storage.SqlServer;

/// <summary>
/// SQL Server, shared by all hosts. Each write is a transaction of its own on a connection of its own, beside others: the server lets
/// transactions that end together share the write to its log. A write that lost a race against another is undone and run again.
/// </summary>
internal sealed class SqlServerDatabase : IDatabase, ISyncDatabase, IDisposable
{
    private const int MaxWrites = 32;
    private const int MaxReads = 48;
    private const int MaxRaces = 8;
    private const int MaxOutages = 3;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitForTurn = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _writes = new(MaxWrites);
    private readonly SemaphoreSlim _reads = new(MaxReads);
    private readonly string _connectionString;
    private readonly string _where;
    private readonly Faults _faults;
    private readonly TimeProvider _time;

    public SqlServerDatabase(string connectionString, Faults faults, TimeProvider time)
    {
        var given = new SqlConnectionStringBuilder(connectionString)
        {
            MultipleActiveResultSets = false,
            Enlist = false,
            // After a failure the pool would refuse connections by itself, for up to a minute after the server is back.
            PoolBlockingPeriod = PoolBlockingPeriod.NeverBlock,
            // Tried again is what failed as a whole, here, and sooner than after the client's ten seconds.
            ConnectRetryCount = 0,
        };
        if (!given.ShouldSerialize("Application Name"))
            given.ApplicationName = "PluginGateway";
        _connectionString = given.ConnectionString;
        _where = $"The database {given.InitialCatalog} at {given.DataSource}";
        _faults = faults;
        _time = time;
    }

    public ISqlDialect Dialect { get; } = new SqlServerDialect();

    public async Task MigrateAsync(CancellationToken ct)
    {
        await using var connection = await OpenAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, ct);
        var session = new DbSession(connection, transaction, Dialect, ct);

        // Of several hosts that start together one migrates, and the others wait and find it done.
        if (await session.ScalarAsync<int>("""
            DECLARE @got int;
            EXEC @got = sp_getapplock @Resource = N'PluginGateway.migration', @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = 20000;
            SELECT @got
            """) < 0)
            throw new DatabaseBusyException($"{_where} is being migrated by another host for more than 20 seconds.");

        if (await session.ScalarAsync<int?>("SELECT OBJECT_ID(N'dbo.migration')") is null)
            await session.ExecuteAsync(
                "CREATE TABLE dbo.migration (id bigint NOT NULL PRIMARY KEY, name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL, at bigint NOT NULL)");
        var done = await session.ListAsync<Migration>("SELECT id AS Id, name AS Name FROM migration");
        foreach (var migration in Migration.Missing(SqlServerDialect.Name, done, _where))
        {
            foreach (var batch in migration.Sql(SqlServerDialect.Name).Split("\nGO\n"))
                await session.ExecuteAsync(batch);
            await session.ExecuteAsync(
                "INSERT INTO migration (id, name, at) VALUES (@Id, @Name, @at)", new { migration.Id, migration.Name, at = _time.NowMs() });
        }

        await transaction.CommitAsync(ct);
    }

    public async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken ct)
    {
        await EnterAsync(_reads, ct);
        var begun = Stopwatch.GetTimestamp();
        try
        {
            for (var run = 1; ; run++)
            {
                try
                {
                    await using var connection = await OpenAsync(ct);
                    return await work(new DbSession(connection, null, Dialect, ct));
                }
                catch (SqlException e) when (MayRunAgain(e, run, begun))
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
        var begun = Stopwatch.GetTimestamp();
        try
        {
            for (var run = 1; ; run++)
            {
                var committing = false;
                try
                {
                    await using var connection = await OpenAsync(CancellationToken.None);
                    await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
                    var result = await work(new DbSession(connection, transaction, Dialect, CancellationToken.None));
                    _faults.Pass();
                    committing = true;
                    await transaction.CommitAsync(CancellationToken.None);
                    _faults.Pass();
                    return result;
                }

                // Whether a commit that got no answer was made is not known: it is not for this class to do it again.
                catch (SqlException e) when (!committing && MayRunAgain(e, run, begun))
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
        _writes.Dispose();
        _reads.Dispose();
    }

    /// <summary>Behind those that wait for a server that does not answer nobody waits for ever.</summary>
    private static async Task EnterAsync(SemaphoreSlim gate, CancellationToken ct)
    {
        if (!await gate.WaitAsync(WaitForTurn, ct))
            throw new DatabaseBusyException("Too much waits for the database.");
    }

    /// <summary>Races are run to their end; whoever waits for a server that is away is sent away soon.</summary>
    private static bool MayRunAgain(SqlException e, int run, long begun) =>
        (run < MaxRaces && SqlServerErrors.IsLostRace(e)) || (run < MaxOutages && Stopwatch.GetElapsedTime(begun) < Patience && SqlServerErrors.IsPassing(e));

    /// <summary>A little longer each time, and never as long as the one it ran into. By the machine's clock: the gateway's may stand still.</summary>
    private static Task WaitAsync(int run) => Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(5, 20 << Math.Min(run, 5))));

    private async Task<DbConnection> OpenAsync(CancellationToken ct)
    {
        var connection = new SqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(ct);
            return connection;
        }
        catch (InvalidOperationException e)
        {
            // The pool's only way to say that it waited in vain.
            await connection.DisposeAsync();
            throw new DatabaseBusyException("All connections to the database are in use.", e);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
