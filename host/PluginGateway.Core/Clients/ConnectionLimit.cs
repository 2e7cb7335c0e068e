using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Clients;

/// <summary>
/// Limits the open connections of each address. The first call on a connection beyond the limit is refused with a response; connections beyond twice the
/// limit are closed at once.
/// </summary>
internal sealed class ConnectionLimit(IOptions<LimitsOptions> options, KnownProxies proxies)
{
    private static readonly object Exceeded = new();

    private readonly ConcurrentDictionary<UInt128, int> _open = new();

    /// <summary>Whether the connection of a call exceeds the limit.</summary>
    public static bool IsExceeded(HttpContext http) => http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Exceeded) == true;

    /// <summary>Counts a connection while it is open.</summary>
    public async Task HandleAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var limit = options.Value.ConnectionsPerAddress;
        var remote = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        if (limit == 0 || proxies.IsKnown(remote))
        {
            await next(connection);
            return;
        }

        var address = CallerAddress.Of(remote);
        var open = _open.AddOrUpdate(address, 1, static (_, count) => count + 1);
        try
        {
            if (open > 2L * limit)
            {
                connection.Abort(new ConnectionAbortedException("Too many connections from this address."));
                return;
            }

            if (open > limit)
                connection.Items[Exceeded] = true;
            await next(connection);
        }
        finally
        {
            if (_open.AddOrUpdate(address, 0, static (_, count) => count - 1) <= 0)
                // Removed only if no other connection has been opened meanwhile.
                _open.TryRemove(KeyValuePair.Create(address, 0));
        }
    }
}
