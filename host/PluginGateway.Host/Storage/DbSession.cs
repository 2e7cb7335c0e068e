using System.Data.Common;
using Dapper;

namespace PluginGateway.Host.Storage;

/// <summary>A connection, and for writes its transaction. Statements stand where they are run; Dapper binds and maps.</summary>
internal sealed class DbSession(DbConnection connection, DbTransaction? transaction, ISqlDialect dialect, CancellationToken ct)
{
    public DbConnection Connection => connection;

    public Task<int> ExecuteAsync(string sql, object? parameters = null) => connection.ExecuteAsync(Command(sql, parameters));

    /// <summary>Inserts a row and gives its generated id.</summary>
    public Task<long> InsertAsync(string sql, object parameters) => dialect.InsertAsync(this, sql, parameters);

    public Task<T?> ScalarAsync<T>(string sql, object? parameters = null) => connection.ExecuteScalarAsync<T>(Command(sql, parameters));

    public Task<T?> FirstAsync<T>(string sql, object? parameters = null) => connection.QueryFirstOrDefaultAsync<T>(Command(sql, parameters));

    public async Task<List<T>> ListAsync<T>(string sql, object? parameters = null) =>
        (await connection.QueryAsync<T>(Command(sql, parameters))).AsList();

    /// <summary>A statement that runs with every report; its values are to be set, always in the same order.</summary>
    public KeptStatement Kept(string sql)
    {
        var command = connection is IKeepsCommands keeper ? keeper.Kept(sql) : connection.CreateCommand();
        if (command.CommandText.Length == 0)
            command.CommandText = sql;
        command.Transaction = transaction;
        return new KeptStatement(command, ct);
    }

    private CommandDefinition Command(string sql, object? parameters) => new(sql, parameters, transaction, cancellationToken: ct);
}

/// <summary>A connection that keeps commands with their parameters.</summary>
internal interface IKeepsCommands
{
    /// <summary>The command of a statement: a new one without text and parameters the first time, the same one after.</summary>
    DbCommand Kept(string sql);
}
