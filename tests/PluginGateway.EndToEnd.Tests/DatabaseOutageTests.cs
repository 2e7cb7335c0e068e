using System.Net;
using System.Net.Sockets;
using Microsoft.Data.SqlClient;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Reports;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests a database server that is unavailable, returns, loses commits and aborts transactions: no report is partially accepted, and clients
/// are answered 503.
/// </summary>
public sealed class DatabaseOutageTests : IAsyncLifetime
{
    private readonly SqlServerDouble _server = new();
    private GatewayApp _gateway = null!;
    private string _database = "";

    public ValueTask InitializeAsync()
    {
        _database = TestStore.Create(_server.ConnectionString);
        _gateway = new GatewayApp(
            [.. TestStore.SettingsFor(_database + ";Command Timeout=1"), "--Sending:Lease=00:00:02", "--Sending:LeaseRenewal=00:00:00.5"]).Council(
                "mail", Some.EmailCouncil("mail"));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("xml")]
    [InlineData("json")]
    public async Task Lost_server_is_reported_in_the_requested_format_and_accepted_reports_are_sent_later(string format)
    {
        await _gateway.StartAsync();
        var accepted = await _gateway.PostAsync($"requests.{format}", "mail", Some.Report(reference: "1"));
        Assert.True(IsAccepted(accepted));
        await _gateway.MailsAsync(1);

        _server.Misfortunes.RefusesAll = true;
        SqlConnection.ClearAllPools();
        var refused = await _gateway.PostAsync($"requests.{format}", "mail", Some.Report(reference: "2"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "30"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.Contains("Repeat the request later", refused.Body, StringComparison.Ordinal);
        Assert.StartsWith(format == "xml" ? "<?xml" : "[", refused.Body.TrimStart(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.Http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.Http.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);

        _server.Misfortunes.RefusesAll = false;
        await Eventually.TrueAsync(
            async () => IsAccepted(await _gateway.PostAsync($"requests.{format}", "mail", Some.Report(reference: "2"))), "the report is accepted");
        await _gateway.MailsAsync(2);
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
    }

    [Fact]
    public async Task Gateway_waits_for_an_unavailable_server_and_reports_it()
    {
        _server.Misfortunes.RefusesAll = true;
        var port = FreePort();
        await using var gateway = new GatewayApp([.. TestStore.SettingsFor(_database), $"--urls=http://127.0.0.1:{port}"]).Council(
            "mail", Some.EmailCouncil("mail"));
        var starting = gateway.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        await Eventually.TrueAsync(
            async () => await StatusAsync(http, "/health/ready") == HttpStatusCode.ServiceUnavailable, "the gateway reports that it is waiting");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "/health/live"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync(http, "/open311/v2/services.xml?jurisdiction_id=mail"));
        Assert.False(starting.IsCompleted);

        _server.Misfortunes.RefusesAll = false;

        await starting;
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "/health/ready"));
        Assert.True(IsAccepted(await gateway.PostAsync("mail", Some.Report(reference: "1"))));
    }

    [Fact]
    public async Task Deadlocks_and_lost_races_are_retried_transparently()
    {
        await _gateway.StartAsync();
        _server.Misfortunes.Fail("INSERT INTO report_revision", 1205, 2);
        Assert.True(IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "1"))));
        _server.Misfortunes.Fail("INSERT INTO delivery", 2627, 1);
        Assert.True(IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "2"))));
        _server.Misfortunes.Fail("SELECT", 40613, 1);
        Assert.True(IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "3"))));

        await _gateway.MailsAsync(3);
        Assert.Equal(3, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connection_lost_at_a_commit_leaves_one_report(bool committed)
    {
        await _gateway.StartAsync();
        await _gateway.PostAsync("mail", Some.Report(reference: "0"));
        await _gateway.MailsAsync(1);
        for (var i = 0; i < 5; i++)
        {
            if (committed)
                _server.Misfortunes.BreakAfterCommit(1);
            else
                _server.Misfortunes.BreakBeforeCommit(1);
            await Eventually.TrueAsync(
                async () => IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: $"{i + 1}"))), "the report is finally accepted");
        }

        await _gateway.MailsAsync(6);
        Assert.Equal(6, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 6, "all reports are recorded as sent");
        Assert.Equal(6, _gateway.Mails().Count);
    }

    [Fact]
    public async Task Unconfirmed_claim_does_not_mark_the_report_as_possibly_delivered()
    {
        await _gateway.StartAsync();
        _server.Misfortunes.BreakAfterCommit(1, "INSERT INTO attempt");
        Assert.True(IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "1"))));

        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2 AND may_have_been_delivered = 0") == 1,
            "the report is sent");
        Assert.Equal(
            [(int)AttemptOutcome.Interrupted, (int)AttemptOutcome.Accepted], await _gateway.ListAsync<int>("SELECT outcome FROM attempt ORDER BY number"));
        Assert.Single(_gateway.Mails());
    }

    [Theory]
    [InlineData(1105, "full")]
    [InlineData(9002, "full")]
    [InlineData(3906, "cannot be written to")]
    public async Task Failing_writes_are_answered_503_and_the_reason_is_reported(int error, string reason)
    {
        await _gateway.StartAsync();
        await _gateway.PostAsync("mail", Some.Report(reference: "1"));
        await _gateway.MailsAsync(1);

        string[] writes = ["INSERT", "UPDATE", "DELETE"];
        foreach (var write in writes)
            _server.Misfortunes.Fail(write, error, int.MaxValue);
        var refused = await _gateway.PostAsync("mail", Some.Report(reference: "2"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "30"), (refused.Status, refused.Headers["Retry-After"]));
        await Eventually.TrueAsync(
            () => _gateway.Get<ClusterMembership>().DatabaseProblem?.Contains(reason, StringComparison.Ordinal) == true, "the host reports the reason");
        using var ready = await _gateway.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "the database cannot be written to"), (ready.StatusCode, await ready.Content.ReadAsStringAsync()));
        Assert.True(IsAccepted(await _gateway.GetAsync("services.xml?jurisdiction_id=mail")));

        foreach (var write in writes)
            _server.Misfortunes.Fail(write, error, 0);
        await Eventually.TrueAsync(async () => IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "2"))), "the report is accepted");
        await _gateway.MailsAsync(2);
        await Eventually.TrueAsync(async () => await StatusAsync(_gateway.Http, "/health/ready") == HttpStatusCode.OK, "the gateway is ready again");
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
    }

    [Fact]
    public async Task Result_of_a_call_is_stored_after_an_outage_without_repeating_the_call()
    {
        await using var gateway = new GatewayApp([.. TestStore.SettingsFor(_database)]).Council("mail", Some.EmailCouncil("mail"));
        await gateway.StartAsync();
        // More failures than a single write is retried, and well within the lease.
        _server.Misfortunes.Fail("SET state = 2, due = @now, may_have_been_delivered = 0", 40613, 5);
        Assert.True(IsAccepted(await gateway.PostAsync("mail", Some.Report(reference: "1"))));

        await Eventually.TrueAsync(
            async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 1, "the report is recorded as sent");
        Assert.Equal(1, await gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt"));
        Assert.Single(gateway.Mails());
    }

    [Fact]
    public async Task Unanswered_statement_is_retried_and_an_unresponsive_server_is_given_up()
    {
        await _gateway.StartAsync();
        _server.Misfortunes.Hang("INSERT INTO report_revision", 1);
        Assert.True(IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "1"))));

        _server.Misfortunes.Hang("INSERT INTO report_revision", int.MaxValue);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.PostAsync("mail", Some.Report(reference: "2"))).Status);

        _server.Misfortunes.Hang("INSERT INTO report_revision", 0);
        Assert.True(IsAccepted(await _gateway.PostAsync("mail", Some.Report(reference: "2"))));
        await _gateway.MailsAsync(2);
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
    }

    private static bool IsAccepted(HttpReply answer) => answer.Status is HttpStatusCode.OK or HttpStatusCode.Created;

    private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
