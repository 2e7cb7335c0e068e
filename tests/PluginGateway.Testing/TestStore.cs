using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;
using PluginGateway.Testing.SqlServer;
using Xunit;

namespace PluginGateway.Testing;

/// <summary>
/// The database that tests run on: SQLite in the state folder, unless <c>GATEWAY_TEST_SQLSERVER</c> contains a connection string. Then each
/// state folder has a separate database on that server, dropped when the tests end. Without permission to create databases, the tests of
/// the stores share the given one, one after the other, and empty it each time; tests that need several databases are skipped. The value
/// <c>double</c> selects <see cref="SqlServerDouble"/>.
/// </summary>
internal static class TestStore
{
    private const string Variable = "GATEWAY_TEST_SQLSERVER";
    private const int CreateDatabaseDenied = 262;

    private static readonly ConcurrentDictionary<string, string> Databases = new(StringComparer.Ordinal);
    private static readonly Lock Creating = new();
    private static readonly Regex CreatesTable = new(@"CREATE TABLE (dbo\.\w+)", RegexOptions.NonBacktracking);
    private static readonly Regex RenamesTable = new(@"sp_rename N'dbo\.\w+', N'(\w+)';", RegexOptions.NonBacktracking);
    private static SqlServerDouble? _double;

    static TestStore() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => DropAll();

    /// <summary>The skip reason of tests that need SQL Server.</summary>
    public const string NoServer = "Set GATEWAY_TEST_SQLSERVER to a connection string.";

    public static bool IsSqlServer => ConfiguredServer is not null;

    /// <summary>The value of the environment variable; null when it is not set.</summary>
    public static string? ConfiguredServer => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : null;

    /// <summary>Returns the settings that select the database of a state folder.</summary>
    public static IReadOnlyList<string> Settings(string stateFolder) => ConfiguredServer is { } server
        ? SettingsFor(ConnectionString(server, stateFolder))
        : [];

    public static IReadOnlyList<string> SettingsFor(string connectionString) =>
        ["--Storage:Provider=SqlServer", $"--ConnectionStrings:Gateway={connectionString}"];

    /// <summary>Opens the database of a state folder, in addition to the gateway that uses it.</summary>
    public static IDatabase Open(string stateFolder) => ConfiguredServer is { } server
        ? OpenAt(ConnectionString(server, stateFolder))
        : new SqliteDatabase(Options.Create(new StateOptions { Path = stateFolder }), Faults.None, TimeProvider.System);

    public static IDatabase OpenAt(string connectionString) => new SqlServerDatabase(connectionString, Faults.None, TimeProvider.System);

    /// <summary>Returns the database of a gateway, so that a test can wrap it.</summary>
    public static IDatabase Of(IServiceProvider services) =>
        IsSqlServer ? services.GetRequiredService<SqlServerDatabase>() : services.GetRequiredService<SqliteDatabase>();

    /// <summary>
    /// Returns the settings of a new database or, without permission to create one, of the given database after emptying it. For tests that
    /// do not run in parallel.
    /// </summary>
    public static IReadOnlyList<string> SharedSettings()
    {
        lock (Creating)
            return SettingsFor(Server(ConfiguredServer!) is var server && TryCreate(server) is { } own ? Databases[own] = own : EmptyDatabase(server));
    }

    /// <summary>Creates a database on a server.</summary>
    /// <returns>The connection string of the database.</returns>
    public static string Create(string server)
    {
        var own = TryCreate(server);
        Assert.SkipWhen(own is null, "The test needs a separate database, and the server does not permit creating one.");
        return own!;
    }

    /// <summary>Drops all tables of the gateway in a database.</summary>
    /// <returns>The connection string of the database.</returns>
    internal static string EmptyDatabase(string connectionString)
    {
        var name = new SqlConnectionStringBuilder(connectionString).InitialCatalog;
        if (!name.Contains("test", StringComparison.OrdinalIgnoreCase))
            throw new InvalidOperationException(
                "Without permission to create databases, the tests empty the given one. Specify a database for tests, with \"test\" in its name, instead of "
                    + $"\"{name}\".");
        var scripts = Migration.For(SqlServerDialect.Name).Select(m => m.Sql(SqlServerDialect.Name)).ToList();
        var created = scripts.SelectMany(s => CreatesTable.Matches(s)).Select(m => m.Groups[1].Value);
        var renamed = scripts.SelectMany(s => RenamesTable.Matches(s)).Select(m => "dbo." + m.Groups[1].Value);
        foreach (var table in created.Concat(renamed).Append("dbo.migration"))
            Run(connectionString, $"DROP TABLE IF EXISTS {table}");
        return connectionString;
    }

    private static string? TryCreate(string server)
    {
        var database = string.Create(CultureInfo.InvariantCulture, $"gateway_test_{Guid.NewGuid():N}");
        try
        {
            Run(server, $"CREATE DATABASE [{database}]");
            return new SqlConnectionStringBuilder(server) { InitialCatalog = database }.ConnectionString;
        }
        catch (SqlException e) when (e.Number == CreateDatabaseDenied)
        {
            return null;
        }
    }

    private static string Server(string given) => given == "double" ? (_double ??= new SqlServerDouble()).ConnectionString : given;

    /// <summary>Returns the connection string of the database of a name, creating the database on the first call.</summary>
    private static string ConnectionString(string server, string name)
    {
        lock (Creating)
            return Databases.TryGetValue(name, out var known) ? known : Databases[name] = Create(Server(server));
    }

    private static void DropAll()
    {
        foreach (var text in Databases.Values.Distinct(StringComparer.Ordinal))
            if (_double is null && new SqlConnectionStringBuilder(text) is { InitialCatalog: { } name } own
                && name.StartsWith("gateway_test_", StringComparison.Ordinal))
                try
                {
                    SqlConnection.ClearAllPools();
                    own.InitialCatalog = "master";
                    Run(own.ConnectionString, $"DROP DATABASE [{name}]");
                }
                catch (SqlException)
                {
                    // Cleaning up after the run is best effort.
                }
    }

    private static void Run(string server, string sql)
    {
        using var connection = new SqlConnection(server);
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements contain no user input.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
