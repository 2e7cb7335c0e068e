using System.Net;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>The file that everything is in: copied while it is used, damaged, made read-only, without room to grow.</summary>
public sealed class DatabaseFileTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp("--Sending:Lease=00:00:02", "--Sending:LeaseRenewal=00:00:00.5").Council(
        "mail", Some.EmailCouncil("mail"));
    private readonly TempFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "It is about SQLite's file.");
        await _gateway.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_back_up_made_while_reports_come_holds_all_that_were_answered_before_it_and_a_gateway_starts_with_it()
    {
        var answers = new List<string>();
        for (var i = 0; i < 20; i++)
            answers.Add((await _gateway.PostAsync("mail", Some.Report(reference: $"{i}"))).Body);
        using var stop = new CancellationTokenSource();
        var posting = Task.Run(async () =>
        {
            for (var i = 100; !stop.IsCancellationRequested; i++)
                await PostAsync(i);
        });

        var made = await GatewayProcess.RunAsync("backup", _folder.At("copy.db"), $"--State:Path={_gateway.State}");
        await stop.CancelAsync();
        await posting;
        Assert.Equal(0, made.ExitCode);
        Assert.Contains("To restore: stop the gateway", made.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await GatewayProcess.RunAsync("backup", _folder.At("copy.db"), $"--State:Path={_gateway.State}")).ExitCode);

        await using var restored = new GatewayApp().Council("mail", Some.EmailCouncil("mail"));
        Directory.CreateDirectory(restored.State);
        File.Copy(_folder.At("copy.db"), Path.Combine(restored.State, "gateway.db"));
        await restored.StartAsync();
        var held = await restored.ReadAsync<long>("SELECT COUNT(*) FROM report");
        for (var i = 0; i < 20; i++)
            Assert.Equal(answers[i], (await restored.PostAsync("mail", Some.Report(reference: $"{i}"))).Body);
        Assert.Equal(held, await restored.ReadAsync<long>("SELECT COUNT(*) FROM report"));
        await Eventually.TrueAsync(async () => await restored.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2") == 0, "all are delivered");
    }

    [Fact]
    public async Task A_damaged_file_is_named_at_start_and_nothing_is_written_to_it()
    {
        await PostAsync(1);
        await _gateway.MailsAsync(1);
        await _gateway.StopAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        var file = Path.Combine(_gateway.State, "gateway.db");
        var damaged = await File.ReadAllBytesAsync(file);
        damaged.AsSpan(0, 100).Fill(0x55);
        await File.WriteAllBytesAsync(file, damaged);

        var failure = await Assert.ThrowsAsync<InvalidDataException>(_gateway.StartAsync);

        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
        Assert.Contains("restore a back-up", failure.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(file));
        Assert.Contains("damaged", (await GatewayProcess.RunAsync("queue", "list", $"--State:Path={_gateway.State}")).Errors, StringComparison.Ordinal);
    }

    /// <summary>Each holds until the writer opens the file anew, which it does after it failed; so they are said again and again.</summary>
    [Theory]
    [InlineData("PRAGMA query_only = 1")]
    [InlineData("PRAGMA max_page_count = 1")]
    public async Task While_nothing_can_be_written_clients_are_sent_away_and_what_was_accepted_is_delivered_after(string breaks)
    {
        await PostAsync(1);
        await _gateway.MailsAsync(1);

        var refused = 0;
        for (var i = 2; i < 60; i++)
        {
            await WriterAsync(breaks);
            var answer = await _gateway.PostAsync("mail", Some.Report(reference: $"{i}", description: new string('x', 20_000)));
            refused += answer.Status == HttpStatusCode.ServiceUnavailable ? 1 : 0;
            Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
        }

        Assert.True(refused > 0);
        for (var i = 2; i < 60; i++)
            await Eventually.TrueAsync(
                async () => (await _gateway.PostAsync(
                    "mail", Some.Report(reference: $"{i}", description: new string('x', 20_000)))).Status == HttpStatusCode.OK, "it is accepted");
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 59, "all are delivered");
        Assert.Equal(59, _gateway.Mails().Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_is_moved_away_is_missed_at_once_and_when_it_is_back_all_goes_on(bool anotherInItsPlace)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not let a file be moved that is open.");
        await PostAsync(1);
        await _gateway.MailsAsync(1);
        var file = Path.Combine(_gateway.State, "gateway.db");
        Assert.Equal(0, (await GatewayProcess.RunAsync("backup", _folder.At("copy.db"), $"--State:Path={_gateway.State}")).ExitCode);
        var other = await File.ReadAllBytesAsync(_folder.At("copy.db"));
        File.Move(file, _folder.At("moved.db"));
        if (anotherInItsPlace)
            await File.WriteAllBytesAsync(file, other);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();

        for (var i = 2; i < 5; i++)
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.PostAsync("mail", Some.Report(reference: $"{i}"))).Status);
        await Eventually.TrueAsync(() => _gateway.Get<ClusterMembership>().DatabaseProblem?.Contains("moved away", StringComparison.Ordinal) == true, "the host knows why");
        using (var ready = await _gateway.Http.GetAsync(new Uri("/health/ready", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        if (anotherInItsPlace)
            await GatewayProcess.RunAsync("queue", "list", $"--State:Path={_gateway.State}");
        // Nothing was made in its place, nor written to what is there, nor read from it.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.GetAsync("requests/4711.xml?jurisdiction_id=mail")).Status);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Assert.Equal(anotherInItsPlace ? other : null, File.Exists(file) ? await File.ReadAllBytesAsync(file) : null);

        File.Move(_folder.At("moved.db"), file, overwrite: true);
        await Eventually.TrueAsync(async () => (await _gateway.PostAsync("mail", Some.Report(reference: "2"))).Status == HttpStatusCode.OK, "it is accepted");
        await _gateway.MailsAsync(2);
        await _gateway.StopAsync();
        await _gateway.StartAsync();
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 2, "both are seen to be sent");
        Assert.Equal(2, _gateway.Mails().Count);
    }

    private async Task PostAsync(int number) => Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report(reference: $"{number}"))).Status);

    /// <summary>On the connection that does all writing.</summary>
    private async Task WriterAsync(string pragma)
    {
        try
        {
            await _gateway.Get<IDatabase>().WriteAsync(db => db.ExecuteAsync(pragma), default);
        }
        catch (Microsoft.Data.Sqlite.SqliteException)
        {
            // It was still so from the time before.
        }
    }
}
