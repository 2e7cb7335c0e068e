using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests a database server whose port is closed, and one that accepts connections and says nothing: every call is answered with 503 soon, however many
/// wait, the gateway lives, and nothing is lost or sent twice.
/// </summary>
public sealed class UnreachableDatabaseTests : IAsyncLifetime
{
    private const int Connections = 16;

    /// <summary>Generous, because the machine may be busy; the benchmark shows the real time.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(15);

    private readonly SqlServerDouble _server = new();
    private GatewayApp _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _gateway = new GatewayApp(
            [.. TestStore.SettingsFor(TestStore.Create(_server.ConnectionString)), "--Sending:Lease=00:00:02", "--Sending:LeaseRenewal=00:00:00.5"]).Council(
                "mail", Some.EmailCouncil("mail"));
        await _gateway.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _server.Misfortunes.IsSilent = false;
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("closed")]
    [InlineData("silent")]
    public async Task Every_call_is_answered_503_and_the_gateway_recovers(string kind)
    {
        var (next, statuses, accepted) = (0, new ConcurrentBag<(HttpStatusCode Status, string? RetryAfter)>(), new ConcurrentDictionary<int, string>());
        using var end = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref next);
                // A client repeats its report until it is accepted.
                while (!accepted.ContainsKey(number))
                {
                    var started = Stopwatch.GetTimestamp();
                    var reply = await _gateway.PostAsync(
                        "mail", Some.Report(reference: number.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                    Assert.True(Stopwatch.GetElapsedTime(started) < Promised, "A call was not answered in time.");
                    statuses.Add((reply.Status, reply.Headers.GetValueOrDefault("Retry-After")));
                    if (reply.Status == HttpStatusCode.OK)
                        accepted[number] = reply.Id;
                }
            }
        })).ToArray();
        await Eventually.TrueAsync(() => accepted.Count > 20, "reports are accepted");

        if (kind == "closed")
            await _server.CloseAsync();
        else
            _server.Misfortunes.IsSilent = true;
        await Eventually.TrueAsync(() => statuses.Count(s => s.Status == HttpStatusCode.ServiceUnavailable) > 3 * Connections, "calls are answered");
        using (var ready = await _gateway.Http.GetAsync(new Uri("/health/ready", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal("the database cannot be reached", await ready.Content.ReadAsStringAsync());
        }

        Assert.Equal(HttpStatusCode.OK, (await _gateway.Http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);
        var before = accepted.Count;
        if (kind == "closed")
            _server.Reopen();
        else
            _server.Misfortunes.IsSilent = false;
        await Eventually.TrueAsync(() => accepted.Count > before + Connections, "reports are accepted again");
        await end.CancelAsync();
        await Task.WhenAll(clients);

        Assert.All(statuses, s => Assert.True(s is { Status: HttpStatusCode.OK } or { Status: HttpStatusCode.ServiceUnavailable, RetryAfter: not null }, s.ToString()));
        Assert.Equal(accepted.Count, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
        await _gateway.MailsAsync(accepted.Count);
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2") == 0, "all reports are sent");
        Assert.Equal(accepted.Count, _gateway.Mails().Count);
    }
}
