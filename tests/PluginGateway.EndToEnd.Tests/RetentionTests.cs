using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests retention with 800 days of 100,000 reports, or <c>GATEWAY_DELIVERIES=1000000</c>: expired data is removed and other data kept, in
/// short steps, while reports arrive.
/// </summary>
public sealed class RetentionTests : IAsyncLifetime
{
    /// <summary>The condition of a finished report. Each report has one delivery with the same id.</summary>
    private const string Finished = "r.updated < @people AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = r.id AND d.state = 2)";

    private readonly int _deliveries = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_DELIVERIES"), CultureInfo.InvariantCulture, out var asked)
        ? asked
        : 100_000;
    private readonly GatewayApp _gateway = new GatewayApp().Council("mail", Some.EmailCouncil("mail"));

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        var pattern = (await _gateway.PostAsync("mail", Some.Report())).Id;
        await _gateway.MailsAsync(1);
        await Eventually.TrueAsync(async () => await CountAsync("delivery WHERE state = 2") == 1, "the report is sent");
        await RetentionFill.AddAsync(_gateway.Get<IDatabase>(), pattern, _deliveries);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Expired_data_is_removed_and_other_data_kept_while_reports_arrive()
    {
        var now = TimeProvider.System.GetUtcNow();
        var limits = new
        {
            people = now.AddDays(-90).ToUnixTimeMilliseconds(),
            attempts = now.AddDays(-90).ToUnixTimeMilliseconds(),
            now = now.ToUnixTimeMilliseconds(),
        };
        // The rules in their simplest form, counted before anything is removed.
        var (reports, updates) = (await CountAsync($"report r WHERE {Finished}", limits),
            await CountAsync($"client_update u JOIN report r ON r.id = u.report_id WHERE {Finished}", limits));
        var attempts = await CountAsync("attempt a JOIN delivery d ON d.id = a.delivery_id WHERE a.ended < @attempts AND d.state IN (2, 7)", limits);
        var references = await CountAsync("idempotency WHERE expires < @now", limits);
        Assert.InRange(reports, _deliveries / 2, _deliveries);
        Assert.InRange(updates, _deliveries / 10, _deliveries / 4);
        Assert.InRange(attempts, _deliveries / 2, _deliveries);
        Assert.InRange(references, _deliveries / 3, _deliveries);
        var before = (Reports: await CountAsync("report"), Deliveries: await CountAsync("delivery"), Updates: await CountAsync("client_update"),
            Tries: await CountAsync("attempt"), References: await CountAsync("idempotency"));

        var preview = await GatewayProcess.RunAsync("retention", "preview", "--json", $"--State:Path={_gateway.State}");
        Assert.Equal(0, preview.ExitCode);
        var previewed = JsonDocument.Parse(preview.Output).RootElement.EnumerateArray()
            .ToDictionary(
                r => r.GetProperty("data").GetString()!, r => long.Parse(r.GetProperty("to_delete").ToString(), CultureInfo.InvariantCulture),
                StringComparer.Ordinal);
        Assert.Equal((reports, attempts, references), (previewed["reports' personal data"], previewed["attempts"], previewed["references"]));
        Assert.Equal(before.Tries, await CountAsync("attempt"));

        using var stop = new CancellationTokenSource();
        var accepted = 0;
        var posting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                accepted++;
                Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report(description: $"A hole, number {accepted}"))).Status);
            }
        });
        var watched = new WatchedDatabase(_gateway.Get<IDatabase>());
        var removed =
            (await new RetentionRun(Sweeps(watched), _gateway.Get<IOptions<RetentionOptions>>(), TimeProvider.System).RunAsync(
                remove: true, default)).ToDictionary(c => c.What, c => c.Count, StringComparer.Ordinal);
        await stop.CancelAsync();
        await posting;

        Assert.Equal(
            (reports, updates, attempts, references), (removed["reports' personal data"], removed["client updates"], removed["attempts"], removed["references"]));
        // The steps have a few hundred rows, whatever the total.
        Assert.True(watched.Writes.Count > (reports + attempts + references) / 1_000);
        Assert.Equal(
            reports, await CountAsync(
                "report_revision v JOIN report r ON r.id = v.report_id WHERE r.done > 0 AND v.payload = @none", new { none = Array.Empty<byte>() }));
        Assert.Equal(reports, await CountAsync($"report r WHERE r.done > 0 AND {Finished}", limits));
        Assert.Equal(before.Reports + accepted - reports, await CountAsync("report_revision WHERE payload <> @none", new { none = Array.Empty<byte>() }));
        Assert.Equal(before.Updates - updates, await CountAsync("client_update WHERE payload <> @none", new { none = Array.Empty<byte>() }));
        Assert.Equal(
            (before.Reports + accepted, before.Deliveries + accepted, before.Updates, before.References - references),
            (await CountAsync("report"), await CountAsync("delivery"), await CountAsync("client_update"), await CountAsync("idempotency")));
        Assert.Equal(before.Tries - attempts, await CountAsync("attempt a JOIN delivery d ON d.id = a.delivery_id WHERE d.created < @now", limits));
        Assert.All(await RunAgainAsync(), c => Assert.Equal(0, c.Count));
        await _gateway.MailsAsync(1 + accepted);
    }

    private async Task<IReadOnlyList<Cleared>> RunAgainAsync() =>
        // Ignores the rows that expired during the test.
        [.. (await _gateway.Get<RetentionRun>().RunAsync(remove: true, default)).Where(c => c.Count > _deliveries / 1_000)];

    private ISweep[] Sweeps(IDatabase database) =>
        [.. _gateway.Services.GetServices<ISweep>().Select(s => (ISweep)ActivatorUtilities.CreateInstance(_gateway.Services, s.GetType(), database))];

    private Task<long> CountAsync(string what, object? parameters = null) => _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM {what}", parameters);
}
