namespace PluginGateway.Testing.SqlServer;

/// <summary>An error with SQL Server's error number.</summary>
internal sealed class TsqlException(int number, string message) : Exception(message)
{
    public int Number => number;
}
