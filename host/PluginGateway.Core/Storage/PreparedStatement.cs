using System.Data;
using System.Data.Common;

namespace PluginGateway.Core.Storage;

/// <summary>
/// A statement that is kept with its connection, so that from one run to the next only the values change. For the few statements that run
/// with every report; everything else goes through Dapper. A statement's values are all set for each run, always in the same order.
/// </summary>
internal abstract class PreparedStatement
{
    public abstract PreparedStatement Set(string name, string? value);

    public abstract PreparedStatement Set(string name, byte[]? value);

    public abstract PreparedStatement Set(string name, long value);

    public abstract PreparedStatement Set(string name, double? value);

    public PreparedStatement Set(string name, bool value) => Set(name, value ? 1L : 0L);

    /// <summary>Runs the statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public abstract ValueTask<int> RunAsync();
}

/// <summary>One by way of a command, for a connection that has no faster way.</summary>
internal sealed class CommandStatement(DbCommand command, CancellationToken ct) : ParameterStatement(command.Parameters)
{
    public override async ValueTask<int> RunAsync()
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(ct);
    }

    protected override DbParameter Create() => command.CreateParameter();
}

/// <summary>One of several that go to the server together.</summary>
internal sealed class BatchStatement(DbBatchCommand command) : ParameterStatement(command.Parameters)
{
    public override ValueTask<int> RunAsync() => throw new InvalidOperationException("It runs with its batch.");

    protected override DbParameter Create() => command.CreateParameter();
}

/// <summary>A statement whose values are parameters, each with its type: a null has none of its own.</summary>
internal abstract class ParameterStatement(DbParameterCollection parameters) : PreparedStatement
{
    private const int MaxTextLength = 4_000;
    private const int MaxBytesLength = 8_000;

    // One size for all values of a kind: SQL Server makes a plan for each size that it is given.
    public override PreparedStatement Set(string name, string? value) => Add(name, DbType.String, value, value?.Length > MaxTextLength ? -1 : MaxTextLength);

    public override PreparedStatement Set(string name, byte[]? value) => Add(name, DbType.Binary, value, value?.Length > MaxBytesLength ? -1 : MaxBytesLength);

    public override PreparedStatement Set(string name, long value) => Add(name, DbType.Int64, value, 0);

    public override PreparedStatement Set(string name, double? value) => Add(name, DbType.Double, value, 0);

    protected abstract DbParameter Create();

    private ParameterStatement Add(string name, DbType type, object? value, int size)
    {
        var parameter = Create();
        (parameter.ParameterName, parameter.DbType, parameter.Size, parameter.Value) = (name, type, size, value ?? DBNull.Value);
        parameters.Add(parameter);
        return this;
    }
}
