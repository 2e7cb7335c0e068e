using System.Data;
using System.Data.Common;
using Dapper;

namespace PluginGateway.Core.Storage;

/// <summary>
/// A connection and, for writes, its transaction. SQL statements are written where they are run; Dapper binds their parameters and maps
/// their rows.
/// </summary>
/// <param name="connection">The connection.</param>
/// <param name="transaction">The transaction of a write.</param>
/// <param name="dialect">The dialect of the database.</param>
/// <param name="ct">Cancels a statement.</param>
/// <param name="commandTimeout">The time limit of a statement in seconds, 0 for none; null for the default.</param>
internal sealed class DbSession(
    DbConnection connection, DbTransaction? transaction, ISqlDialect dialect, CancellationToken ct, int? commandTimeout = null)
{
    /// <summary>
    /// The length of the parts in which a list of any length is passed to statements: SQL Server allows 2,100 parameters, and each item is one.
    /// </summary>
    public const int MaxList = 500;

    private const int MaxBatch = 100;

    public DbConnection Connection => connection;

    public ISqlDialect Dialect => dialect;

    public Task<int> ExecuteAsync(string sql, object? parameters = null) => connection.ExecuteAsync(Command(sql, parameters));

    /// <summary>
    /// Runs a statement that may change many rows, a few hundred at a time: SQL Server locks the whole table when one statement changes
    /// thousands of rows.
    /// </summary>
    /// <param name="sql">A statement that changes at most <c>@max</c> rows, and different rows in each run.</param>
    /// <param name="parameters">Returns the statement's parameters for a value of <c>@max</c>.</param>
    public async Task<int> InBatchesAsync(string sql, Func<int, object> parameters)
    {
        const int batchSize = 500;
        var (all, changed) = (0, batchSize);
        while (changed == batchSize)
            all += changed = await ExecuteAsync(sql, parameters(batchSize));
        return all;
    }

    /// <summary>
    /// Locks rows until this write ends, if the database has several writers: an UPDATE that sets a column to itself locks the rows on
    /// every server. What is read from these rows afterwards stays valid. Only writes that read and then decide need this; a single
    /// conditional statement does not.
    /// </summary>
    public Task LockAsync(string update, object? parameters = null) => dialect.HasSeveralWriters ? ExecuteAsync(update, parameters) : Task.CompletedTask;

    /// <summary>Inserts a row and returns its generated id.</summary>
    public Task<long> InsertAsync(string sql, object parameters) => dialect.InsertAsync(this, sql, parameters);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) => connection.ExecuteScalarAsync<T>(Command(sql, parameters));

    public Task<T?> FirstAsync<T>(string sql, object? parameters = null) => connection.QueryFirstOrDefaultAsync<T>(Command(sql, parameters));

    public async Task<List<T>> ListAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(Command(sql, parameters))).AsList();

    /// <summary>Prepares a statement that runs for every report. The caller sets its values.</summary>
    public PreparedStatement Prepare(string sql)
    {
        if (connection is IStatementCache cache)
            return cache.Prepare(sql);

        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        return new CommandStatement(command, ct);
    }

    /// <summary>Runs a statement once for each item, in order. On a database server, the runs are sent in batches.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="items">The items to run the statement for.</param>
    /// <param name="set">Sets the statement's values for an item.</param>
    /// <returns>The number of rows that each run changed.</returns>
    public async ValueTask<int[]> EachAsync<T>(string sql, IReadOnlyList<T> items, Func<PreparedStatement, T, PreparedStatement> set)
    {
        var changed = new int[items.Count];
        if (!connection.CanCreateBatch)
        {
            for (var i = 0; i < changed.Length; i++)
                changed[i] = await set(Prepare(sql), items[i]).RunAsync();
            return changed;
        }

        for (var first = 0; first < changed.Length; first += MaxBatch)
        {
            await using var batch = connection.CreateBatch();
            batch.Transaction = transaction;
            var last = Math.Min(first + MaxBatch, changed.Length);
            for (var i = first; i < last; i++)
            {
                var command = batch.CreateBatchCommand();
                command.CommandText = sql;
                set(new BatchStatement(command), items[i]);
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(ct);
            for (var i = first; i < last; i++)
                changed[i] = batch.BatchCommands[i - first].RecordsAffected;
        }

        return changed;
    }

    /// <summary>Dapper would open a connection that broke, and run the statement outside the transaction.</summary>
    private CommandDefinition Command(string sql, object? parameters) => connection.State == ConnectionState.Open
        ? new CommandDefinition(sql, parameters, transaction, commandTimeout, cancellationToken: ct)
        : throw new InvalidOperationException("The connection is closed.");
}

/// <summary>A connection that caches prepared statements.</summary>
internal interface IStatementCache
{
    /// <summary>Returns the statement for a text; the same instance each time.</summary>
    PreparedStatement Prepare(string sql);
}
