using System.Data.Common;
using Dapper;

namespace PluginGateway.Core.Storage;

/// <summary>A connection, and for writes its transaction. Statements stand where they are run; Dapper binds and maps.</summary>
internal sealed class DbSession(DbConnection connection, DbTransaction? transaction, ISqlDialect dialect, CancellationToken ct)
{
    private const int MaxBatch = 100;

    public DbConnection Connection => connection;

    public ISqlDialect Dialect => dialect;

    public Task<int> ExecuteAsync(string sql, object? parameters = null) => connection.ExecuteAsync(Command(sql, parameters));

    /// <summary>
    /// Changes what may be many rows, some hundreds at a time: a server that meets thousands in one statement locks the whole table.
    /// </summary>
    /// <param name="sql">Changes at most <c>@most</c> of them, so that the next run meets others.</param>
    /// <param name="parameters">Its values, given the most.</param>
    public async Task<int> InBatchesAsync(string sql, Func<int, object> parameters)
    {
        const int most = 500;
        var (all, changed) = (0, most);
        while (changed == most)
            all += changed = await ExecuteAsync(sql, parameters(most));
        return all;
    }

    /// <summary>
    /// Keeps others from changing rows until this write ends, where there are others: an UPDATE that sets a column to itself takes the rows'
    /// locks on every server. What is read of those rows afterwards holds. Only for writes that read and then decide; one statement that
    /// tests what it changes needs it not.
    /// </summary>
    public Task LockAsync(string update, object? parameters = null) => dialect.HasSeveralWriters ? ExecuteAsync(update, parameters) : Task.CompletedTask;

    /// <summary>Inserts a row and gives its generated id.</summary>
    public Task<long> InsertAsync(string sql, object parameters) => dialect.InsertAsync(this, sql, parameters);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) => connection.ExecuteScalarAsync<T>(Command(sql, parameters));

    public Task<T?> FirstAsync<T>(string sql, object? parameters = null) => connection.QueryFirstOrDefaultAsync<T>(Command(sql, parameters));

    public async Task<List<T>> ListAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(Command(sql, parameters))).AsList();

    /// <summary>A statement that runs with every report; its values are to be set.</summary>
    public PreparedStatement Prepare(string sql)
    {
        if (connection is IStatementCache keeper)
            return keeper.Prepare(sql);

        var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        return new CommandStatement(command, ct);
    }

    /// <summary>Runs a statement once for each item, in their order; where each would be a journey to a server, many travel together.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="items">What to run it for.</param>
    /// <param name="set">Sets the statement's values.</param>
    /// <returns>How many rows each changed.</returns>
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

    private CommandDefinition Command(string sql, object? parameters) => new(sql, parameters, transaction, cancellationToken: ct);
}

/// <summary>A connection that keeps statements prepared.</summary>
internal interface IStatementCache
{
    /// <summary>The statement of this text, the same one each time.</summary>
    PreparedStatement Prepare(string sql);
}
