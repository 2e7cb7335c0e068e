using System.CommandLine;
using System.Security.Cryptography;
using PluginGateway.PluginHosting.Signing;

namespace PluginGateway.Host.Commands;

/// <summary><c>plugin sign|new-key</c>: signs plug-ins. Neither needs a gateway.</summary>
internal static class PluginSigningCommands
{
    public static Command Sign()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "The published folder of the plug-in." };
        var key = new Option<FileInfo>("--key") { Description = "The file with the private key (PEM, ECDSA P-256).", Required = true };
        folder.AcceptExistingOnly();
        key.AcceptExistingOnly();
        var command = new Command("sign", $"Sign all files of a plug-in; writes {PluginSignature.FileName} into its folder.") { folder, key };
        command.SetAction(async (result, ct) =>
        {
            using var secret = ECDsa.Create();
            try
            {
                secret.ImportFromPem(await File.ReadAllTextAsync(result.GetValue(key)!.FullName, ct));
            }
            catch (Exception e) when (e is ArgumentException or CryptographicException)
            {
                return await FailAsync("The file of the key contains no private key in PEM.");
            }

            if (!TrustedKeyOptions.IsP256(secret))
                return await FailAsync("The key must be for ECDSA with the curve P-256.");

            var path = result.GetValue(folder)!.FullName;
            PluginSignature signature;
            try
            {
                signature = PluginSignature.Create(path, secret, TimeProvider.System.GetUtcNow());
            }
            catch (CryptographicException)
            {
                return await FailAsync("The file of the key contains only the public key.");
            }

            if (signature.Files.Count == 0)
                return await FailAsync("The folder contains no files.");
            signature.Write(path);
            Console.WriteLine($"{signature.Files.Count} files signed with the key {signature.Key}.");
            return GatewayCommands.Success;
        });
        return command;
    }

    public static Command NewKey()
    {
        var file = new Argument<FileInfo>("file") { Description = "The file for the private key, which must not exist." };
        var command = new Command("new-key", "Create a key for signing plug-ins, and print its public key for Plugins:TrustedKeys.") { file };
        command.SetAction(async (result, ct) =>
        {
            var path = result.GetValue(file)!.FullName;
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            try
            {
                await using var stream = new StreamWriter(path, options);
                await stream.WriteLineAsync(key.ExportPkcs8PrivateKeyPem().AsMemory(), ct);
            }
            catch (IOException e)
            {
                return await FailAsync($"The file cannot be created: {e.Message}");
            }

            Console.WriteLine(Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()));
            return GatewayCommands.Success;
        });
        return command;
    }

    private static async Task<int> FailAsync(string problem)
    {
        await Console.Error.WriteLineAsync(problem);
        return GatewayCommands.CheckFailed;
    }
}
