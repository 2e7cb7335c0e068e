using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace PluginGateway.Core.Councils;

/// <summary>The setting <c>PublicUrl</c>, else the first address listened on, else the first one configured.</summary>
internal sealed class PublicUrl(IConfiguration configuration, IServiceProvider services) : IPublicUrl
{
    public const string Default = "http://127.0.0.1:5311";

    public string Url => (configuration["PublicUrl"] is { Length: > 0 } set ? set : Callable(Listening() ?? Configured())).TrimEnd('/');

    /// <summary>An address to listen on need not be one to call: any address of this machine is called by loopback.</summary>
    private static string Callable(string address)
    {
        foreach (var any in (string[])["://[::]", "://0.0.0.0", "://*", "://+"])
            address = address.Replace(any, "://127.0.0.1", StringComparison.Ordinal);
        return address;
    }

    private string? Listening() => services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();

    private string Configured() => configuration["urls"]?.Split(';')[0]
        ?? (configuration["http_ports"]?.Split(';')[0] is { Length: > 0 } port ? $"http://127.0.0.1:{port}" : Default);
}
