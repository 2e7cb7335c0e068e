using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace PluginGateway.Core.Clients;

/// <summary>
/// The proxies in front of the gateway (<c>Proxies:Known</c>): addresses and networks such as <c>10.0.0.5</c> and <c>10.0.0.0/24</c>. Only they are believed
/// when they state the address and the scheme of a caller in <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c>.
/// </summary>
internal sealed class KnownProxies
{
    public const string Setting = "Proxies:Known";

    private readonly List<IPNetwork> _networks = [];

    /// <exception cref="InvalidDataException">A value is neither an address nor a network.</exception>
    public KnownProxies(IConfiguration configuration)
    {
        // A list in a settings file, or one value with commas on the command line or in an environment variable.
        var section = configuration.GetSection(Setting);
        var values = section.GetChildren().Select(c => c.Value ?? "").Prepend(section.Value ?? "");
        foreach (var text in values.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries)))
            if (text.Length > 0)
                _networks.Add(
                    IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
                    : IPNetwork.TryParse(text, out var network) ? network
                    : throw new InvalidDataException($"{Setting} contains \"{text}\", which is neither an IP address nor a network such as 10.0.0.0/24."));
    }

    public bool Any => _networks.Count > 0;

    public bool IsKnown(IPAddress? address) =>
        address is not null && _networks.Count > 0
        && (Contains(address) || (address.IsIPv4MappedToIPv6 && Contains(address.MapToIPv4())));

    /// <summary>Returns the options of the framework's middleware, which replaces address and scheme of a call by those that a known proxy states.</summary>
    public ForwardedHeadersOptions ToOptions()
    {
        // A chain of known proxies is followed up to the first address that is not one of them.
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in _networks)
            options.KnownIPNetworks.Add(network);
        return options;
    }

    private bool Contains(IPAddress address) => _networks.Exists(n => n.BaseAddress.AddressFamily == address.AddressFamily && n.Contains(address));
}
