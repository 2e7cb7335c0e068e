using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that a gateway stopped by a service manager exits cleanly at any time.</summary>
public sealed class StopTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

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
