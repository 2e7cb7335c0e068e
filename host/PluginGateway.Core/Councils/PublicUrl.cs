using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace PluginGateway.Core.Councils;

/// <summary>
/// The gateway's base URL: the setting <c>PublicUrl</c>, or else the first address it listens on, or else the first configured address.
/// </summary>
internal sealed class PublicUrl(IConfiguration configuration, IServiceProvider services) : IPublicUrl
{
    public const string Default = "http://127.0.0.1:5311";

    public string Url => (configuration["PublicUrl"] is { Length: > 0 } set ? set : ToCallable(FindListeningAddress() ?? FindConfiguredAddress())).TrimEnd('/');

    /// <summary>Replaces a wildcard address, which can be listened on but not called, by the loopback address.</summary>
    private static string ToCallable(string address)
    {
        foreach (var wildcard in (string[])["://[::]", "://0.0.0.0", "://*", "://+"])
            address = address.Replace(wildcard, "://127.0.0.1", StringComparison.Ordinal);
        return address;
    }

    private string? FindListeningAddress() => services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();

    private string FindConfiguredAddress() => configuration["urls"]?.Split(';')[0]
        ?? (configuration["http_ports"]?.Split(';')[0] is { Length: > 0 } port ? $"http://127.0.0.1:{port}" : Default);
}
