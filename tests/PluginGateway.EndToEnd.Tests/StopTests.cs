using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>A gateway that a service manager stops ends in order, whenever that is.</summary>
public sealed class StopTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_gateway_that_is_stopped_before_its_background_work_began_ends_in_order()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        _folder.Write("councils/mail.json", Some.EmailCouncil("mail"));
        await using var gateway = await GatewayProcess.StartAsync(
            $"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
            $"--Email:PickupPath={_folder.At("pickup")}", "--Startup:BackgroundDelay=00:05:00");

        Assert.Equal(0, await gateway.TerminateAsync());
    }
}
