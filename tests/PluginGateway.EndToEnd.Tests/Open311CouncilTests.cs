using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>The base of tests with the Open311 adapter as a real plug-in and a council whose behaviour the test controls.</summary>
public abstract class Open311CouncilTests : IAsyncLifetime
{
    private protected StubOpen311 Council { get; private set; } = null!;

    private protected GatewayApp Gateway { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Council = await StubOpen311.StartAsync();
        Gateway = new GatewayApp(
            "--Sending:Retry:0=00:00:00.2", "--Sending:LeaseRenewal=00:00:00.5", "--Sending:SlowDown=00:00:00.2", "--Sending:BreakerFirstWait=00:00:00.2",
            "--Updates:Every=00:00:00.3");
        Built.Drop("Open311", Gateway.Plugins);
    }

    public async ValueTask DisposeAsync()
    {
        await Gateway.DisposeAsync();
        await Council.DisposeAsync();
    }

    /// <summary>Starts the gateway with the council <c>c</c>, in direct mode.</summary>
    private protected Task StartAsync(string council = "", string backEnd = "") =>
        Gateway.Council("c", Some.Open311Council("c", Council.Endpoint, council, backEnd)).StartAsync();

    private protected Task Delivered() => State(2);

    private protected Task State(int state) =>
        Eventually.TrueAsync(
            async () => await Gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE state = {state}") == 1,
            $"one delivery in state {state}");
}
