using System.Net;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the database file: copied while in use, damaged, read-only, and without room to grow.</summary>
public sealed class DatabaseFileTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp("--Sending:Lease=00:00:02", "--Sending:LeaseRenewal=00:00:00.5").Council(
        "mail", Some.EmailCouncil("mail"));
    private readonly TempFolder _folder = new();

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(TestStore.IsSqlServer, "The test needs SQLite's database file.");
        await _gateway.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Backup_during_operation_contains_all_accepted_reports_and_can_be_restored()
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

        var backup = await GatewayProcess.RunAsync("backup", _folder.At("copy.db"), $"--State:Path={_gateway.State}");
        await stop.CancelAsync();
        await posting;
        Assert.Equal(0, backup.ExitCode);
        Assert.Contains("To restore: stop the gateway", backup.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await GatewayProcess.RunAsync("backup", _folder.At("copy.db"), $"--State:Path={_gateway.State}")).ExitCode);

        await using var restored = new GatewayApp().Council("mail", Some.EmailCouncil("mail"));
        Directory.CreateDirectory(restored.State);
        File.Copy(_folder.At("copy.db"), Path.Combine(restored.State, "gateway.db"));
        await restored.StartAsync();
        var count = await restored.ReadAsync<long>("SELECT COUNT(*) FROM report");
        for (var i = 0; i < 20; i++)
            Assert.Equal(answers[i], (await restored.PostAsync("mail", Some.Report(reference: $"{i}"))).Body);
        Assert.Equal(count, await restored.ReadAsync<long>("SELECT COUNT(*) FROM report"));
        await Eventually.TrueAsync(async () => await restored.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2") == 0, "all reports are sent");
    }

    [Fact]
    public async Task Damaged_file_is_reported_at_start_and_not_modified()
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

    /// <summary>Each pragma applies until the writer reopens the file, which it does after a failure; so the test repeats them.</summary>
    [Theory]
    [InlineData("PRAGMA query_only = 1")]
    [InlineData("PRAGMA max_page_count = 1")]
    public async Task Failing_writes_are_answered_503_and_accepted_reports_are_delivered(string pragma)
    {
        await PostAsync(1);
        await _gateway.MailsAsync(1);

        var refused = 0;
        for (var i = 2; i < 60; i++)
        {
            await ExecuteOnWriterAsync(pragma);
            var answer = await _gateway.PostAsync("mail", Some.Report(reference: $"{i}", description: new string('x', 20_000)));
            refused += answer.Status == HttpStatusCode.ServiceUnavailable ? 1 : 0;
            Assert.True(answer.Status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
        }

        Assert.True(refused > 0);
        for (var i = 2; i < 60; i++)
            await Eventually.TrueAsync(
                async () => (await _gateway.PostAsync(
                    "mail", Some.Report(reference: $"{i}", description: new string('x', 20_000)))).Status == HttpStatusCode.OK, "the report is accepted");
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 59, "all reports are sent");
        Assert.Equal(59, _gateway.Mails().Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Moved_file_is_detected_immediately_and_operation_resumes_when_it_returns(bool replaceFile)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows does not allow moving an open file.");
        await PostAsync(1);
        await _gateway.MailsAsync(1);
        var file = Path.Combine(_gateway.State, "gateway.db");
        Assert.Equal(0, (await GatewayProcess.RunAsync("backup", _folder.At("copy.db"), $"--State:Path={_gateway.State}")).ExitCode);
        var other = await File.ReadAllBytesAsync(_folder.At("copy.db"));
        File.Move(file, _folder.At("moved.db"));
        if (replaceFile)
            await File.WriteAllBytesAsync(file, other);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();

        for (var i = 2; i < 5; i++)
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.PostAsync("mail", Some.Report(reference: $"{i}"))).Status);
        await Eventually.TrueAsync(
            () => _gateway.Get<ClusterMembership>().DatabaseProblem?.Contains("moved or replaced", StringComparison.Ordinal) == true,
            "the host reports the reason");
        using (var ready = await _gateway.Http.GetAsync(new Uri("/health/ready", UriKind.Relative)))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        if (replaceFile)
            await GatewayProcess.RunAsync("queue", "list", $"--State:Path={_gateway.State}");
        // No new file was created, and the other file was neither written nor read.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await _gateway.GetAsync("requests/4711.xml?jurisdiction_id=mail")).Status);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Assert.Equal(replaceFile ? other : null, File.Exists(file) ? await File.ReadAllBytesAsync(file) : null);

        File.Move(_folder.At("moved.db"), file, overwrite: true);
        await Eventually.TrueAsync(
            async () => (await _gateway.PostAsync("mail", Some.Report(reference: "2"))).Status == HttpStatusCode.OK, "the report is accepted");
        await _gateway.MailsAsync(2);
        await _gateway.StopAsync();
        await _gateway.StartAsync();
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 2, "both reports are recorded as sent");
        Assert.Equal(2, _gateway.Mails().Count);
    }

    private async Task PostAsync(int number) => Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report(reference: $"{number}"))).Status);

    /// <summary>Executes a pragma on the writer's connection.</summary>
    private async Task ExecuteOnWriterAsync(string pragma)
    {
        try
        {
            await _gateway.Get<IDatabase>().WriteAsync(db => db.ExecuteAsync(pragma), default);
        }
        catch (Microsoft.Data.Sqlite.SqliteException)
        {
            // The pragma was still in effect.
        }
    }
}
