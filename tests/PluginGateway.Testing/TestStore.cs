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
/// The database that tests run on: SQLite in the state folder, unless <c>GATEWAY_TEST_SQLSERVER</c> holds a connection string. Then each state
/// folder has a database of its own on that server, dropped when the tests end. Where none may be created, the tests of the stores take the
/// given one in turns and empty it each time; those that need several at once are skipped. <c>double</c> stands for the stand-in that is part of the tests.
/// </summary>
internal static class TestStore
{
    private const string Variable = "GATEWAY_TEST_SQLSERVER";
    private const int MayNotCreate = 262;

    private static readonly ConcurrentDictionary<string, string> Databases = new(StringComparer.Ordinal);
    private static readonly Lock Creating = new();
    private static readonly Regex CreatesTable = new(@"CREATE TABLE (dbo\.\w+)", RegexOptions.NonBacktracking);
    private static readonly Regex RenamesTable = new(@"sp_rename N'dbo\.\w+', N'(\w+)';", RegexOptions.NonBacktracking);
    private static SqlServerDouble? _double;

    static TestStore() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => DropAll();

    /// <summary>Why a test that needs a real SQL Server is skipped.</summary>
    public const string NoServer = "set GATEWAY_TEST_SQLSERVER to a connection string";

    public static bool IsSqlServer => Given is not null;

    /// <summary>The server to test against; null for none.</summary>
    public static string? Given => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text ? text : null;

    /// <summary>Settings that put the state of a folder where this run has it.</summary>
    public static IReadOnlyList<string> Settings(string stateFolder) => Given is { } server
        ? SettingsFor(ConnectionString(server, stateFolder))
        : [];

    public static IReadOnlyList<string> SettingsFor(string connectionString) =>
        ["--Storage:Provider=SqlServer", $"--ConnectionStrings:Gateway={connectionString}"];

    /// <summary>The database of a state folder, beside those that use it.</summary>
    public static IDatabase Open(string stateFolder) => Given is { } server
        ? OpenAt(ConnectionString(server, stateFolder))
        : new SqliteDatabase(Options.Create(new StateOptions { Path = stateFolder }), Faults.None, TimeProvider.System);

    public static IDatabase OpenAt(string connectionString) => new SqlServerDatabase(connectionString, Faults.None, TimeProvider.System);

    /// <summary>The database of a gateway, for one that puts another around it.</summary>
    public static IDatabase Of(IServiceProvider services) =>
        IsSqlServer ? services.GetRequiredService<SqlServerDatabase>() : services.GetRequiredService<SqliteDatabase>();

    /// <summary>For tests that run one after the other: a database of their own, or the given one, emptied.</summary>
    public static IReadOnlyList<string> SettingsInTurn()
    {
        lock (Creating)
            return SettingsFor(Server(Given!) is var server && TryCreate(server) is { } own ? Databases[own] = own : Emptied(server));
    }

    /// <summary>Creates a database on a server.</summary>
    /// <returns>Its connection string.</returns>
    public static string Create(string server)
    {
        var own = TryCreate(server);
        Assert.SkipWhen(own is null, "The server lets nobody create a database, and this test needs one of its own.");
        return own!;
    }

    /// <summary>Empties a database of all that the gateway has there.</summary>
    /// <returns>Its connection string.</returns>
    internal static string Emptied(string connectionString)
    {
        var name = new SqlConnectionStringBuilder(connectionString).InitialCatalog;
        if (!name.Contains("test", StringComparison.OrdinalIgnoreCase))
            throw new InvalidOperationException(
                "The tests empty the database they are given where they may not create one: give them one whose name says that it is for tests, not "
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
        catch (SqlException e) when (e.Number == MayNotCreate)
        {
            return null;
        }
    }

    private static string Server(string given) => given == "double" ? (_double ??= new SqlServerDouble()).ConnectionString : given;

    /// <summary>The connection string of the database that belongs to a name; it is created at the first call.</summary>
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
                    // The run is over: what cannot be dropped is left to whoever has the server.
                }
    }

    private static void Run(string server, string sql)
    {
        using var connection = new SqlConnection(server);
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The name is made above.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
