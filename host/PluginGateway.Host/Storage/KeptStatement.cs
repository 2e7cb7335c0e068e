using System.Data;
using System.Data.Common;

namespace PluginGateway.Host.Storage;

/// <summary>
/// A statement that is kept with its connection, so that from one run to the next only the values change. For the few statements that run
/// with every report; everything else goes through Dapper. A statement's values are all set for each run, always in the same order.
/// </summary>
internal abstract class KeptStatement
{
    public abstract KeptStatement Set(string name, string? value);

    public abstract KeptStatement Set(string name, byte[]? value);

    public abstract KeptStatement Set(string name, long value);

    public abstract KeptStatement Set(string name, double? value);

    public KeptStatement Set(string name, bool value) => Set(name, value ? 1L : 0L);

    /// <summary>Runs the statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public abstract ValueTask<int> RunAsync();
}

/// <summary>One by way of a command, for a connection that has no faster way.</summary>
internal sealed class CommandStatement(DbCommand command, CancellationToken ct) : KeptStatement
{
    public override KeptStatement Set(string name, string? value) => Add(name, DbType.String, value);

    public override KeptStatement Set(string name, byte[]? value) => Add(name, DbType.Binary, value);

    public override KeptStatement Set(string name, long value) => Add(name, DbType.Int64, value);

    public override KeptStatement Set(string name, double? value) => Add(name, DbType.Double, value);

    public override async ValueTask<int> RunAsync()
    {
        await using (command)
            return await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>With its type: a null has none of its own.</summary>
    private CommandStatement Add(string name, DbType type, object? value)
    {
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, type, value ?? DBNull.Value);
        command.Parameters.Add(parameter);
        return this;
    }
}
