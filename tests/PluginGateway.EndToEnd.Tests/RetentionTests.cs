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
/// 800 days of 100,000 reports, or with <c>GATEWAY_DELIVERIES=1000000</c> of as many as that: what is over goes, what is not stays, in short
/// steps, while reports come in.
/// </summary>
public sealed class RetentionTests : IAsyncLifetime
{
    /// <summary>Each report has one delivery here, with its own number.</summary>
    private const string Over = "r.updated < @people AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = r.id AND d.state = 2)";

    private readonly int _deliveries = int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_DELIVERIES"), CultureInfo.InvariantCulture, out var asked)
        ? asked
        : 100_000;
    private readonly GatewayApp _gateway = new GatewayApp().Council("mail", Some.EmailCouncil("mail"));

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        var pattern = (await _gateway.PostAsync("mail", Some.Report())).Id;
        await _gateway.MailsAsync(1);
        await Eventually.TrueAsync(async () => await CountAsync("delivery WHERE state = 2") == 1, "it is sent");
        await RetentionFill.AddAsync(_gateway.Get<IDatabase>(), pattern, _deliveries);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task What_is_over_goes_what_is_not_stays_and_reports_come_in_meanwhile()
    {
        var now = TimeProvider.System.GetUtcNow();
        var limits = new
        {
            people = now.AddDays(-90).ToUnixTimeMilliseconds(),
            tries = now.AddDays(-90).ToUnixTimeMilliseconds(),
            now = now.ToUnixTimeMilliseconds(),
        };
        // Said as plainly as can be, and counted before anything is cleared.
        var (reports, updates) = (await CountAsync($"report r WHERE {Over}", limits),
            await CountAsync($"client_update u JOIN report r ON r.id = u.report_id WHERE {Over}", limits));
        var tries = await CountAsync("attempt a JOIN delivery d ON d.id = a.delivery_id WHERE a.ended < @tries AND d.state IN (2, 7)", limits);
        var references = await CountAsync("idempotency WHERE expires < @now", limits);
        Assert.InRange(reports, _deliveries / 2, _deliveries);
        Assert.InRange(updates, _deliveries / 10, _deliveries / 4);
        Assert.InRange(tries, _deliveries / 2, _deliveries);
        Assert.InRange(references, _deliveries / 3, _deliveries);
        var before = (Reports: await CountAsync("report"), Deliveries: await CountAsync("delivery"), Updates: await CountAsync("client_update"),
            Tries: await CountAsync("attempt"), References: await CountAsync("idempotency"));

        var preview = await GatewayProcess.RunAsync("retention", "preview", "--json", $"--State:Path={_gateway.State}");
        Assert.Equal(0, preview.ExitCode);
        var previewed = JsonDocument.Parse(preview.Output).RootElement.EnumerateArray()
            .ToDictionary(
                r => r.GetProperty("what").GetString()!, r => long.Parse(r.GetProperty("to_clear").ToString(), CultureInfo.InvariantCulture),
                StringComparer.Ordinal);
        Assert.Equal((reports, tries, references), (previewed["reports' personal data"], previewed["tries"], previewed["references"]));
        Assert.Equal(before.Tries, await CountAsync("attempt"));

        using var stop = new CancellationTokenSource();
        var posted = 0;
        var posting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                posted++;
                Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("mail", Some.Report(description: $"A hole, number {posted}"))).Status);
            }
        });
        var watched = new WatchedDatabase(_gateway.Get<IDatabase>());
        var cleared =
            (await new RetentionRun(Sweeps(watched), _gateway.Get<IOptions<RetentionOptions>>(), TimeProvider.System).RunAsync(
                remove: true, default)).ToDictionary(c => c.What, c => c.Count, StringComparer.Ordinal);
        await stop.CancelAsync();
        await posting;

        Assert.Equal(
            (reports, updates, tries, references), (cleared["reports' personal data"], cleared["clients' updates"], cleared["tries"], cleared["references"]));
        // Steps of a few hundred rows, however much there is.
        Assert.True(watched.Writes.Count > (reports + tries + references) / 1_000);
        Assert.Equal(
            reports, await CountAsync(
                "report_revision v JOIN report r ON r.id = v.report_id WHERE r.done > 0 AND v.payload = @none", new { none = Array.Empty<byte>() }));
        Assert.Equal(reports, await CountAsync($"report r WHERE r.done > 0 AND {Over}", limits));
        Assert.Equal(before.Reports + posted - reports, await CountAsync("report_revision WHERE payload <> @none", new { none = Array.Empty<byte>() }));
        Assert.Equal(before.Updates - updates, await CountAsync("client_update WHERE payload <> @none", new { none = Array.Empty<byte>() }));
        Assert.Equal(
            (before.Reports + posted, before.Deliveries + posted, before.Updates, before.References - references),
            (await CountAsync("report"), await CountAsync("delivery"), await CountAsync("client_update"), await CountAsync("idempotency")));
        Assert.Equal(before.Tries - tries, await CountAsync("attempt a JOIN delivery d ON d.id = a.delivery_id WHERE d.created < @now", limits));
        Assert.All(await RunAgainAsync(), c => Assert.Equal(0, c.Count));
        await _gateway.MailsAsync(1 + posted);
    }

    private async Task<IReadOnlyList<Cleared>> RunAgainAsync() =>
        // What has come to its age within the seconds since is not what this is about.
        [.. (await _gateway.Get<RetentionRun>().RunAsync(remove: true, default)).Where(c => c.Count > _deliveries / 1_000)];

    private ISweep[] Sweeps(IDatabase database) =>
        [.. _gateway.Services.GetServices<ISweep>().Select(s => (ISweep)ActivatorUtilities.CreateInstance(_gateway.Services, s.GetType(), database))];

    private Task<long> CountAsync(string what, object? parameters = null) => _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM {what}", parameters);
}
