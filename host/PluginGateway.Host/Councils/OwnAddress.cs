using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace PluginGateway.Host.Councils;

/// <summary>The setting <c>PublicUrl</c>, else the first address listened on, else the first one configured.</summary>
internal sealed class OwnAddress(IConfiguration configuration, IServiceProvider services) : IOwnAddress
{
    public const string Default = "http://127.0.0.1:5311";

    public string Url => (configuration["PublicUrl"] is { Length: > 0 } set ? set : Listening() ?? Configured()).TrimEnd('/');

    private string? Listening() => services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();

    private string Configured() => configuration["urls"]?.Split(';')[0] ?? Default;
}
