using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace PluginGateway.Testing.SqlServer;

/// <summary>Runs the statements of one connection on a SQLite database file.</summary>
internal sealed class TsqlEngine : IDisposable
{
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Writers = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Locks = new(StringComparer.Ordinal);
    private static long _transactions;

    private readonly SqlServerDouble _server;
    private readonly SqliteConnection _connection;
    private readonly TsqlSchema _schema;
    private readonly SemaphoreSlim _writer;
    private SqliteTransaction? _transaction;
    private LockOrder _order = new();
    private readonly SemaphoreSlim _lock;
    private bool _begun;
    private bool _isLocked;
    private long _number;

    public TsqlEngine(SqlServerDouble server, string file)
    {
        _server = server;
        _schema = TsqlSchema.Of(file);
        _lock = Locks.GetOrAdd(file, static _ => new SemaphoreSlim(1));
        _writer = Writers.GetOrAdd(file, static _ => new SemaphoreSlim(1));
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 60 }.ToString());
        _connection.Open();
        // SQLite's busy handler polls more often than the driver.
        Run("PRAGMA busy_timeout = 60000; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF");
        _connection.CreateFunction("now_ms", () => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        _connection.CreateFunction("edition", () => server.Edition);
    }

    public long Begin()
    {
        _begun = true;
        _order = new LockOrder();
        return _number = Interlocked.Increment(ref _transactions);
    }

    public long End(bool commit)
    {
        _begun = false;
        if (_transaction is { } transaction)
        {
            _transaction = null;
            if (commit)
                transaction.Commit();
            transaction.Dispose();
            _writer.Release();
        }

        return _number;
    }

    /// <summary>Rolls back and releases the application lock, because the connection returns to the client's pool.</summary>
    public void Reset()
    {
        End(commit: false);
        if (_isLocked)
            _lock.Release();
        _isLocked = false;
    }

    public async Task<IReadOnlyList<TsqlResult>> ExecuteAsync(string sql, IReadOnlyList<TsqlParameter> parameters)
    {
        // Only one writer at a time: the others wait at their first statement, as they would for locked rows.
        if (_begun && _transaction is null)
        {
            await _writer.WaitAsync();
            _transaction = _connection.BeginTransaction(deferred: false);
        }

        if (parameters.GroupBy(p => p.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
            throw new TsqlException(
                134, $"The variable name '{twice.Key}' has already been declared. Variable names must be unique within a query batch or stored procedure.");
        _server.Log.Add(sql, parameters);
        if (parameters.Count > 2_100)
            throw new TsqlException(8003, "The incoming request has too many parameters.");
        if (DatabaseStatement.Read(sql) is { } statement)
            return statement.Run(_server);

        var batch = TsqlTranslator.Translate(sql, _schema, parameters);
        foreach (var violation in batch.Violations)
            _server.Log.AddViolation($"{violation}: {sql}");
        if (batch.Violations.Count > 0)
            throw new TsqlException(50_000, string.Join("; ", batch.Violations));
        if (batch.SessionLock is { } timeout && !await LockAsync(timeout))
            batch = batch with { Statements = [new TranslatedStatement("SELECT -1", batch.Statements[0].Command, [0])] };
        return [.. batch.Statements.Select(s => Run(s, parameters))];
    }

    public void Dispose()
    {
        Reset();
        _connection.Dispose();
    }

    private async Task<bool> LockAsync(TimeSpan timeout) => _isLocked = _isLocked || await _lock.WaitAsync(timeout);

    private TsqlResult Run(TranslatedStatement statement, IReadOnlyList<TsqlParameter> parameters)
    {
        if (_begun && _order.Violation(statement.Locks) is { } violation)
            _server.Log.AddViolation($"{violation}: {statement.Sql}");
        using var command = _connection.CreateCommand();
        command.Transaction = _transaction;
#pragma warning disable CA2100 // A translated statement of the gateway.
        command.CommandText = statement.Sql;
#pragma warning restore CA2100
        foreach (var parameter in parameters)
            command.Parameters.AddWithValue(parameter.Name, parameter.Value ?? DBNull.Value);
        try
        {
            using var reader = command.ExecuteReader();
            if (reader.FieldCount == 0)
                return new TsqlResult([], [], Math.Max(0, reader.RecordsAffected), statement.Command);

            var rows = new List<object?[]>();
            while (reader.Read())
                rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
            var columns = Enumerable.Range(0, reader.FieldCount)
                .Select(i => new ResultColumn(reader.GetName(i), statement.Ints.Contains(i) ? ResultType.Int : TypeOf(reader, i, rows)))
                .ToList();
            return new TsqlResult(columns, rows, rows.Count, statement.Command);
        }
        catch (SqliteException e) when (e.SqliteExtendedErrorCode is SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE or SQLitePCL.raw.SQLITE_CONSTRAINT_PRIMARYKEY)
        {
            throw new TsqlException(e.SqliteExtendedErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT_UNIQUE ? 2601 : 2627, e.Message);
        }
        catch (SqliteException e) when (e.SqliteExtendedErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT_CHECK)
        {
            throw new TsqlException(2628, "String or binary data would be truncated: " + e.Message);
        }
        catch (Exception e) when (e is SqliteException or InvalidOperationException)
        {
            throw new TsqlException(50_000, $"{e.Message}: {statement.Sql}");
        }
    }

    /// <summary>Returns the declared type of a column or, for an expression, the type of its first value.</summary>
    private static ResultType TypeOf(SqliteDataReader reader, int column, List<object?[]> rows) =>
        reader.GetDataTypeName(column).Split('(')[0].ToLowerInvariant() switch
        {
            "bigint" => ResultType.BigInt,
            "float" => ResultType.Float,
            "nvarchar" => ResultType.NVarChar,
            "varbinary" => ResultType.VarBinary,
            _ => rows.Select(r => r[column]).FirstOrDefault(v => v is not null) switch
            {
                string => ResultType.NVarChar,
                double => ResultType.Float,
                byte[] => ResultType.VarBinary,
                _ => ResultType.BigInt,
            },
        };

    private void Run(string sql)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // A constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}

/// <summary>The result of a statement: its rows, or the number of rows it changed.</summary>
internal sealed record TsqlResult(IReadOnlyList<ResultColumn> Columns, IReadOnlyList<object?[]> Rows, long Count, ushort Command);
