using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Councils;

/// <summary>
/// Reads a secret from the environment variable <c>GATEWAY_SECRET_NAME</c>, or else from the file with its name in the secrets folder. The prefix keeps a
/// council file from reading other variables of the process.
/// </summary>
internal sealed class SecretFiles(IOptions<CouncilOptions> options) : ISecrets
{
    private const string Prefix = "GATEWAY_SECRET_";

    public string? Find(string name)
    {
        if (Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } value)
            return value;

        var path = PathOf(name);
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd('\r', '\n') : null;
    }

    public string DescribeMissing(string name) =>
        $"the secret {name} is missing; set the environment variable {Prefix}{name} or create the file {name} in the secrets folder"
            + (Environment.GetEnvironmentVariable(name) is null ? "" : $" (the variable {name} is not used)");

    public string VersionOf(string name) => Environment.GetEnvironmentVariable(Prefix + name) is { Length: > 0 } value
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 8))
        : FileStamp.Of(PathOf(name))?.ToString() ?? "";

    private string PathOf(string name) => Path.Combine(options.Value.FullSecretsPath, Path.GetFileName(name));
}
