using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>Tests thirty councils with a fake clock: when the system of one hangs, only its own reports are delayed.</summary>
public sealed class BulkheadTests
{
    private const int Councils = 30;

    [Fact]
    public async Task Hanging_council_does_not_delay_others()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var council = await StubOpen311.StartAsync();
        council.BeforeCreate = (_, _) => release.Task;
        await using var gateway = new GatewayApp("--Sending:Drain=00:00:00.1").Clock(new FakeTimeProvider(Some.Time));
        Built.Drop("Open311", gateway.Plugins);
        gateway.Council("hangs", Some.Open311Council("hangs", council.Endpoint).Replace("direct", "queued", StringComparison.Ordinal));
        for (var i = 1; i < Councils; i++)
            gateway.Council(Name(i), Some.EmailCouncil(Name(i)));
        await gateway.StartAsync();

        try
        {
            await ReportAsync(gateway, council);
        }
        finally
        {
            // Releases the hanging calls in any case: with a fake clock, the gateway could not stop otherwise.
            release.SetResult();
        }
    }

    private static async Task ReportAsync(GatewayApp gateway, StubOpen311 council)
    {
        for (var i = 0; i < 20; i++)
            await gateway.PostAsync("hangs", Some.Report());
        await Eventually.TrueAsync(() => council.Posts.Count == 4, "all places of the hanging council are in use");
        for (var i = 1; i < Councils; i++)
            await gateway.PostAsync(Name(i), Some.Report());

        // The clock does not advance: each report is sent because it was accepted, not because a wait ended.
        await gateway.MailsAsync(Councils - 1);
        Assert.Equal(4, council.Posts.Count);
        // The mail exists before its delivery is recorded.
        await Eventually.TrueAsync(
            async () => await gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state <> 2") == 20,
            "only the reports of the hanging council remain");
    }

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"council-{i}");
}
