using System.Collections.Concurrent;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// The HTTP clients of back ends: the connections of a back end are its own, and each adapter that is made has a client of its own over them,
/// so that what one version sets on it does not meet the next.
/// </summary>
internal sealed class BackEndHttpClients : IDisposable
{
    private readonly ConcurrentDictionary<string, SocketsHttpHandler> _handlers = new(StringComparer.Ordinal);

    public HttpClient For(BackEnd backEnd)
    {
        var client = new HttpClient(_handlers.GetOrAdd(backEnd.Key, static _ => Make()), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("PluginGateway");
        return client;
    }

    public void Dispose()
    {
        foreach (var handler in _handlers.Values)
            handler.Dispose();
    }

    private static SocketsHttpHandler Make() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 32,
    };
}
