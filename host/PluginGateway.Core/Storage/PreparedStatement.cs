using System.Data;
using System.Data.Common;

namespace PluginGateway.Core.Storage;

/// <summary>
/// A statement that stays prepared on its connection, so that only the values change between runs. It is used for the few statements that
/// run for every report; all others go through Dapper. Every run sets all values, always in the same order.
/// </summary>
internal abstract class PreparedStatement
{
    public abstract PreparedStatement Set(string name, string? value);

    public abstract PreparedStatement Set(string name, byte[]? value);

    public abstract PreparedStatement Set(string name, long value);

    public abstract PreparedStatement Set(string name, double? value);

    public PreparedStatement Set(string name, bool value) => Set(name, value ? 1L : 0L);

    /// <summary>Runs the statement.</summary>
    /// <returns>The number of rows that it changed.</returns>
    public abstract ValueTask<int> RunAsync();
}

/// <summary>A statement that runs as a command, for connections that offer no faster method.</summary>
internal sealed class CommandStatement(DbCommand command, CancellationToken ct) : ParameterStatement(command.Parameters)
{
    public override async ValueTask<int> RunAsync()
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(ct);
    }

    protected override DbParameter Create() => command.CreateParameter();
}

/// <summary>A statement in a batch, which is sent to the server as a whole.</summary>
internal sealed class BatchStatement(DbBatchCommand command) : ParameterStatement(command.Parameters)
{
    public override ValueTask<int> RunAsync() => throw new InvalidOperationException("The statement runs with its batch.");

    protected override DbParameter Create() => command.CreateParameter();
}

/// <summary>A statement whose values are typed parameters; the type is always given, because a null value has none.</summary>
internal abstract class ParameterStatement(DbParameterCollection parameters) : PreparedStatement
{
    private const int MaxTextLength = 4_000;
    private const int MaxBytesLength = 8_000;

    // One size for all values of a type: SQL Server compiles a separate plan for each parameter size.
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
