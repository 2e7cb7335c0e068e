using System.Data;
using System.Data.Common;

namespace PluginGateway.Host.Storage;

/// <summary>
/// A statement whose command is kept with its connection, so that from one run to the next only the values change. For the few statements
/// that run with every report; everything else goes through Dapper.
/// </summary>
/// <param name="command">The command, with its text.</param>
/// <param name="ct">Cancels the run.</param>
internal sealed class KeptStatement(DbCommand command, CancellationToken ct)
{
    private int _next;

    /// <summary>Sets a value. A statement's values are set in the same order each time.</summary>
    public KeptStatement Set<T>(string name, T value)
    {
        if (_next == command.Parameters.Count)
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.DbType) = (name, TypeOf(typeof(T)));
            command.Parameters.Add(parameter);
        }

        command.Parameters[_next++].Value = value is null ? DBNull.Value : value;
        return this;
    }

    /// <summary>Runs the statement.</summary>
    /// <returns>How many rows it changed.</returns>
    public Task<int> RunAsync() => command.ExecuteNonQueryAsync(ct);

    /// <summary>Told to the database also for a null, which has no type of its own.</summary>
    private static DbType TypeOf(Type type) =>
        type == typeof(string) ? DbType.String
        : type == typeof(long) ? DbType.Int64
        : type == typeof(int) ? DbType.Int32
        : type == typeof(bool) ? DbType.Boolean
        : type == typeof(double?) ? DbType.Double
        : type == typeof(byte[]) ? DbType.Binary
        : throw new NotSupportedException($"A kept statement has no use for a {type}.");
}
