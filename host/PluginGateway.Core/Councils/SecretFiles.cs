using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Councils;

/// <summary>Reads a secret from the environment variable of its name, or else from the file of that name in the secrets folder.</summary>
internal sealed class SecretFiles(IOptions<CouncilOptions> options) : ISecrets
{
    public string? Find(string name)
    {
        if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            return value;

        var path = Path.Combine(options.Value.FullSecretsPath, Path.GetFileName(name));
        return File.Exists(path) ? File.ReadAllText(path).TrimEnd('\r', '\n') : null;
    }
}
