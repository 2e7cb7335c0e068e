using System.Net;
using System.Reflection;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using PluginGateway.Core.Background;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;
using SQLitePCL;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests that no database failure ends a background loop or the gateway: every loop continues after every exception that the storage layer
/// can throw.
/// </summary>
public sealed class PeriodicWorkTests : IAsyncLifetime
{
    /// <summary>Loops that do not use the database while nothing is sent and no council file changes.</summary>
    private static readonly string[] WithoutDatabase = ["CouncilWatcher", "HourCounts"];

    private static readonly int[] SqliteCodes =
    [
        raw.SQLITE_ERROR, raw.SQLITE_PERM, raw.SQLITE_BUSY, raw.SQLITE_LOCKED, raw.SQLITE_NOMEM, raw.SQLITE_READONLY, raw.SQLITE_INTERRUPT, raw.SQLITE_IOERR,
        raw.SQLITE_CORRUPT, raw.SQLITE_FULL, raw.SQLITE_CANTOPEN, raw.SQLITE_CONSTRAINT, raw.SQLITE_MISUSE, raw.SQLITE_NOTADB,
    ];

    /// <summary>Time-out, log-in failed, missing database, connection lost, fail-over, deadlock, constraint violation, log full.</summary>
    private static readonly int[] SqlServerNumbers = [-2, 18456, 4060, 10054, 40613, 1205, 547, 9002];

    private readonly JumpingClock _clock = new(Some.Time);
    private FaultyDatabase _database = null!;
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await new GatewayApp("--Sending:IndexEvery=00:00:05", "--Sending:Poll=00:00:05")
        .Council("mail", Some.EmailCouncil("mail"))
        .Clock(_clock)
        .Change(services => services.AddSingleton<IDatabase>(all => _database = new FaultyDatabase(TestStore.Of(all))))
        .StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Every_loop_continues_after_every_exception_of_the_storage_layer()
    {
        var loops = _gateway.Services.GetServices<IHostedService>().OfType<PeriodicWork>().ToList();
        Assert.Equal(14, loops.Count);
        await RunAllAsync(loops, loop => loop.SucceededRuns, "at first");

        foreach (var (name, fault) in Faults())
        {
            _database.Fault = fault;
            await RunAllAsync(loops, loop => loop.SucceededRuns + loop.FailedRuns, $"while the database fails with {name}");
            Assert.False(_gateway.Get<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, name);
            Assert.Equal(HttpStatusCode.OK, (await _gateway.Http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);

            _database.Fault = null;
            await RunAllAsync(loops, loop => loop.SucceededRuns, $"after {name}");
        }

        Assert.Empty(loops.Where(l => l.FailedRuns == 0).Select(l => l.GetType().Name).Except(WithoutDatabase));
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report(reference: "1"))).Status);
        await Eventually.TrueAsync(() => Advance(TimeSpan.FromSeconds(1)) && _gateway.Mails().Count == 1, "the report is sent");
    }

    /// <summary>Advances the clock until every loop has counted two more runs, because the first may have started before the change.</summary>
    private async Task RunAllAsync(IReadOnlyList<PeriodicWork> loops, Func<PeriodicWork, long> count, string when)
    {
        var targets = loops.ToDictionary(l => l, l => count(l) + 2);
        // One loop runs only at night.
        await Eventually.TrueAsync(() => Advance(TimeSpan.FromDays(1)) && targets.All(g => count(g.Key) >= g.Value), $"every loop runs {when}");
    }

    private bool Advance(TimeSpan time)
    {
        _clock.Jump(time);
        return true;
    }

    private static IEnumerable<(string Name, Func<Exception> Fault)> Faults()
    {
        foreach (var code in SqliteCodes)
            yield return ($"SQLite error {code}", () => new SqliteException("It fails.", code));
        foreach (var number in SqlServerNumbers)
            yield return ($"SQL Server error {number}", () => SqlServerError(number));
        yield return ("a busy database", static () => new DatabaseBusyException("All connections to the database are in use."));
        yield return ("an unreachable server", static () => new DatabaseUnreachableException("The database cannot be reached: it does not respond"));
        yield return ("a time-out", static () => new TimeoutException("The operation timed out."));
        yield return ("a command that was cancelled", static () => new TaskCanceledException("Cancelled by the driver."));
        yield return ("an exhausted pool", static () => new InvalidOperationException("Timeout expired before a connection from the pool was free."));
        yield return ("a connection that was closed", static () => new ObjectDisposedException("connection"));
        yield return ("a broken disk", static () => new IOException("The disk does not answer."));
        yield return ("a text that cannot be decrypted", static () => new System.Security.Cryptography.CryptographicException("The key is missing."));
        yield return ("a value that cannot be read", static () => new InvalidCastException("A text instead of a number."));
    }

    /// <summary>Creates an error of SQL Server through reflection, because the client has no public constructor.</summary>
    private static SqlException SqlServerError(int number)
    {
        const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic;
        var errors = (SqlErrorCollection)Activator.CreateInstance(typeof(SqlErrorCollection), nonPublic: true)!;
        var make = typeof(SqlError).GetConstructors(Hidden).OrderBy(c => c.GetParameters().Length).First();
        var error = (SqlError)make.Invoke([.. make.GetParameters().Select(p => Argument(p, number))]);
        typeof(SqlErrorCollection).GetMethod("Add", Hidden)!.Invoke(errors, [error]);
        var create = typeof(SqlException).GetMethods(Hidden)
            .First(m => m.Name == "CreateException" && m.GetParameters() is [_, { ParameterType: var second }] && second == typeof(string));
        return (SqlException)create.Invoke(null, [errors, "16.0"])!;
    }

    private static object? Argument(ParameterInfo parameter, int number) => parameter switch
    {
        { Name: "infoNumber" } => number,
        { ParameterType: var type } when type == typeof(string) => "It fails.",
        { ParameterType.IsValueType: true } => Activator.CreateInstance(parameter.ParameterType),
        _ => null,
    };
}
