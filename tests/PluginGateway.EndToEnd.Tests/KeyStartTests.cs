using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests that the program starts with the key of its database, and refuses to start without it.</summary>
public sealed class KeyStartTests : IDisposable
{
    private const string Key = "0123456789abcdef0123456789abcdef";

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Start_without_the_key_is_refused_and_says_what_to_do()
    {
        _folder.Write("councils/one.json", Some.EmailCouncil("one"));
        await using (await GatewayProcess.StartAsync(new() { ["GATEWAY_KEY"] = Key }, Settings()))
            // The council file is stored encrypted, which creates the first data key.
            await Eventually.TrueAsync(async () => (await RunAsync("data-key", "list")).Output.Contains("first", StringComparison.Ordinal), "a data key is stored");

        var (exitCode, _, errors) = await RunAsync("--urls=http://127.0.0.1:0");

        Assert.Equal(1, exitCode);
        Assert.StartsWith("The gateway cannot start: The data key first is wrapped with the key ", errors);
        Assert.Contains("Add it to GATEWAY_KEY or State:KeyCertificates.", errors);
        Assert.DoesNotContain(Key, errors);
        await using var again = await GatewayProcess.StartAsync(new() { ["GATEWAY_KEY"] = $"a-new-key-a-new-key-a-new-key-a-new-key,{Key}" }, Settings());
        Assert.DoesNotContain("fail", again.Output);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Settings() =>
        [$"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
            $"--Email:PickupPath={_folder.At("pickup")}"];

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args) => GatewayProcess.RunAsync([.. args, .. Settings()]);
}
