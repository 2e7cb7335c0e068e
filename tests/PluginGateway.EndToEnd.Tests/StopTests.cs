using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that a gateway stopped by a service manager exits cleanly at any time.</summary>
public sealed class StopTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Client_that_waits_for_a_delivery_is_answered_when_the_gateway_stops()
    {
        await using var council = await StubOpen311.StartAsync();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        council.BeforeCreate = (_, _) => goOn.Task;
        await using var gateway = new GatewayApp("--Sending:Drain=00:00:05").Council("c", Some.Open311Council("c", council.Endpoint, "\"answerWithin\": \"60s\","));
        Built.Drop("Open311", gateway.Plugins);
        await gateway.StartAsync();
        var posting = gateway.PostAsync("c", Some.Report(reference: "1"));
        await Eventually.TrueAsync(() => !council.Posts.IsEmpty, "the council's system is called");

        var stopping = gateway.StopAsync();
        var reply = await posting;

        // The gateway is still waiting for the call, whose answer is recorded.
        Assert.StartsWith("PG", reply.Id, StringComparison.Ordinal);
        Assert.False(stopping.IsCompleted);
        goOn.SetResult();
        await stopping;
        await gateway.StartAsync();
        Assert.Equal(2, await gateway.ReadAsync<long>("SELECT state FROM delivery"));
        Assert.Equal(1, council.Cases);
    }

    [Fact]
    public async Task Gateway_stopped_before_its_background_work_started_exits_cleanly()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail"));
        await using var gateway = await GatewayProcess.StartAsync(
            $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
            $"--Email:PickupPath={_folder.At("pickup")}", "--Startup:BackgroundDelay=00:05:00");

        Assert.Equal(0, await gateway.TerminateAsync());
    }
}
