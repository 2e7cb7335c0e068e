using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests the program and its commands with signed plug-ins, and the warning when any plug-in is trusted.</summary>
public sealed class SignedPluginTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string KeyFile => _folder.At("supplier.pem");

    [Fact]
    public async Task Plug_in_is_signed_with_commands_and_loaded()
    {
        var plugin = Path.GetDirectoryName(PluginForge.Compile(_folder.At("plugins", "one", "One.dll"), PluginForge.WithWord("one", "good")))!;
        var created = await GatewayProcess.RunAsync("plugin", "new-key", KeyFile);
        Assert.True(created.ExitCode == 0, created.Errors);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
        Assert.Equal(1, (await GatewayProcess.RunAsync("plugin", "new-key", KeyFile)).ExitCode);

        string[] settings = [.. Settings(), "--Plugins:Trust=Signed", "--Plugins:TrustedKeys:0:Name=the supplier", $"--Plugins:TrustedKeys:0:PublicKey={created.Output.Trim()}"];
        await using var gateway = await GatewayProcess.StartAsync(settings);
        await Eventually.TrueAsync(() => gateway.Output.Contains("it is not signed; sign its folder with", StringComparison.Ordinal), "the refusal is logged");
        Assert.DoesNotContain("Plugins:Trust is Any", gateway.Output);

        var signed = await GatewayProcess.RunAsync("plugin", "sign", plugin, "--key", KeyFile);
        Assert.True(signed.ExitCode == 0, signed.Errors);
        Assert.StartsWith("1 files signed with the key ", signed.Output);
        await Eventually.TrueAsync(() => gateway.Output.Contains("Adapter one ", StringComparison.Ordinal), "the plug-in is loaded");
    }

    [Fact]
    public async Task Wrong_keys_are_refused_with_a_reason()
    {
        Directory.CreateDirectory(_folder.At("plugin"));
        _folder.Write("plugin/a.dll", "a");
        foreach (var (name, key, problem) in ((string, string, string)[])
            [
                ("none.pem", "hello", "contains no private key"),
                ("public.pem", Pem("nistP256", isPrivate: false), "contains only the public key"),
                ("p384.pem", Pem("nistP384", isPrivate: true), "must be for ECDSA with the curve P-256"),
            ])
        {
            var (exitCode, _, errors) = await GatewayProcess.RunAsync("plugin", "sign", _folder.At("plugin"), "--key", _folder.Write(name, key));
            Assert.Equal((1, true), (exitCode, errors.Contains(problem, StringComparison.Ordinal)));
        }

        Assert.Equal(2, (await GatewayProcess.RunAsync("plugin", "sign", _folder.At("nowhere"), "--key", _folder.At("none.pem"))).ExitCode);

        static string Pem(string curve, bool isPrivate)
        {
            using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.CreateFromFriendlyName(curve));
            return isPrivate ? key.ExportPkcs8PrivateKeyPem() : key.ExportSubjectPublicKeyInfoPem();
        }
    }

    [Fact]
    public async Task Start_in_production_warns_if_any_plug_in_is_trusted()
    {
        await using var gateway = await GatewayProcess.StartAsync(Settings());
        Assert.Contains("Plugins:Trust is Any: whoever can write to", gateway.Output);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Settings() =>
        [$"--State:Path={_folder.At("state")}", $"--Councils:Path={_folder.At("councils")}", $"--Plugins:Path={_folder.At("plugins")}",
            $"--Email:PickupPath={_folder.At("pickup")}"];
}
