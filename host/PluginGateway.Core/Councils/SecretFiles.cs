using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using PluginGateway.PluginHosting.Discovery;

namespace PluginGateway.Core.Councils;

/// <summary>Reads a secret from the environment variable of its name, or else from the file of that name in the secrets folder.</summary>
internal sealed class SecretFiles(IOptions<CouncilOptions> options) : ISecrets
{
    public string? Find(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            return value;

        var path = PathOf(name);
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd('\r', '\n') : null;
    }

    public string VersionOf(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value
        ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 8))
        : FileStamp.Of(PathOf(name))?.ToString() ?? "";

    private string PathOf(string name) => Path.Combine(options.Value.FullSecretsPath, Path.GetFileName(name));
}
