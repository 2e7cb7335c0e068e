namespace PluginGateway.Testing.SqlServer;

/// <summary>An error with the number that SQL Server gives it.</summary>
internal sealed class TsqlException(int number, string message) : Exception(message)
{
    public int Number => number;
}
