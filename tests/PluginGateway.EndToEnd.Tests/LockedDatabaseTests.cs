using System.Diagnostics;
using System.Net;
using Microsoft.Data.Sqlite;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests a database file that another process has locked for a long time.</summary>
public sealed class LockedDatabaseTests
{
    /// <summary>Generous, because the machine may be busy.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Calls_are_answered_503_while_another_process_writes()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "The test locks SQLite's file.");
        await using var gateway = new GatewayApp("--Sending:LeaseRenewal=00:00:00.5", "--Sending:Lease=00:00:02").Council("mail", Some.EmailCouncil("mail"));
        await gateway.StartAsync();
        await gateway.PostAsync("mail", Some.Report(reference: "1"));
        await gateway.MailsAsync(1);

        await using (var other = new SqliteConnection($"Data Source={Path.Combine(gateway.State, "gateway.db")};Pooling=False"))
        {
            await other.OpenAsync();
            await using var transaction = await other.BeginTransactionAsync();
            var started = Stopwatch.GetTimestamp();
            var replies = await Task.WhenAll(
                Enumerable.Range(2, 16).Select(i => gateway.PostAsync(
                    "mail", Some.Report(reference: i.ToString(System.Globalization.CultureInfo.InvariantCulture)))));
            Assert.True(Stopwatch.GetElapsedTime(started) < Promised, "The calls were not answered in time.");
            Assert.All(replies, r => Assert.Equal((HttpStatusCode.ServiceUnavailable, "30"), (r.Status, r.Headers["Retry-After"])));
            await Eventually.TrueAsync(
                async () =>
                {
                    using var ready = await gateway.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                    return ready.StatusCode == HttpStatusCode.ServiceUnavailable
                        && await ready.Content.ReadAsStringAsync() == "the database cannot be written to";
                },
                "the gateway is not ready");
            // Reads are still possible.
            Assert.Equal(HttpStatusCode.OK, (await gateway.GetAsync("services.xml?jurisdiction_id=mail")).Status);
        }

        await Eventually.TrueAsync(
            async () => (await gateway.PostAsync("mail", Some.Report(reference: "2"))).Status == HttpStatusCode.OK, "reports are accepted again");
        await gateway.MailsAsync(2);
        Assert.Equal(2, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
    }
}
