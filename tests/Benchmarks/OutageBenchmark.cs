using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Data.SqlClient;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Benchmarks;

/// <summary>
/// The slowest POST over 16 connections from the moment at which the database server closes its port, or accepts connections and says nothing, compared with
/// 16 callers that open connections of the same client with the same connection string; and the time until the first report is accepted afterwards.
/// </summary>
internal static class OutageBenchmark
{
    private const int Connections = 16;

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(10);

    private static int _reference;

    public static async Task RunAsync()
    {
        await RunAsync(
            "a closed port", static server => server.CloseAsync(), static server =>
            {
                server.Reopen();
                return Task.CompletedTask;
            });
        await RunAsync(
            "a silent server",
            static server =>
            {
                server.Misfortunes.IsSilent = true;
                return Task.CompletedTask;
            },
            static server =>
            {
                server.Misfortunes.IsSilent = false;
                return Task.CompletedTask;
            });
    }

    private static async Task RunAsync(string kind, Func<SqlServerDouble, Task> begin, Func<SqlServerDouble, Task> end)
    {
        await using var server = new SqlServerDouble();
        var connectionString = TestStore.Create(server.ConnectionString);
        await using var gateway = new GatewayApp([.. TestStore.SettingsFor(connectionString)]).Council("mail", Some.EmailCouncil("mail"));
        await gateway.StartAsync();
        for (var i = 0; i < 200; i++)
            await PostAsync(gateway);

        using var stop = new CancellationTokenSource();
        var calls = new ConcurrentQueue<(HttpStatusCode Status, double Seconds, long Ended)>();
        var clients = Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                var status = await PostAsync(gateway);
                calls.Enqueue((status, Stopwatch.GetElapsedTime(started).TotalSeconds, Stopwatch.GetTimestamp()));
            }
        })).ToArray();
        await Task.Delay(TimeSpan.FromSeconds(1));

        await begin(server);
        await Task.Delay(Outage);
        // While the server is away, the baseline is measured beside the gateway.
        var baseline = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(() => OpenAsync(connectionString))));
        await end(server);
        var back = Stopwatch.GetTimestamp();
        while (!calls.Any(c => c.Ended > back && c.Status == HttpStatusCode.OK))
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        await stop.CancelAsync();
        await Task.WhenAll(clients);

        var (slowest, other) = (calls.Max(c => c.Seconds), baseline.Max());
        var first = Stopwatch.GetElapsedTime(back, calls.Where(c => c.Ended > back && c.Status == HttpStatusCode.OK).Min(c => c.Ended)).TotalSeconds;
        var refused = calls.Count(c => c.Status == HttpStatusCode.ServiceUnavailable);
        var unexpected = calls.Count(c => c.Status is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| slowest POST, {Connections} connections, {kind} ({refused:N0} answered with 503, {unexpected} with anything else) | {slowest:0.00} s | {other:0.00} s | {slowest / other:0.00} | ≤ 5 s |"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| until the first report is accepted after {kind} | {first:0.00} s | | | ≤ 10 s |"));
    }

    private static async Task<HttpStatusCode> PostAsync(GatewayApp gateway) => (await gateway.PostAsync(
        "mail", Some.Report(reference: Interlocked.Increment(ref _reference).ToString(CultureInfo.InvariantCulture)))).Status;

    /// <summary>Returns after how many seconds the client gives up.</summary>
    private static async Task<double> OpenAsync(string connectionString)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            // The pool of the gateway's connections has another name.
            await using var connection = new SqlConnection(new SqlConnectionStringBuilder(connectionString) { ApplicationName = "baseline" }.ConnectionString);
            await connection.OpenAsync();
        }
        catch (SqlException)
        {
            // The server is away.
        }
        catch (InvalidOperationException)
        {
            // The pool's time-out.
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
