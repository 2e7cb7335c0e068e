using System.Collections.Concurrent;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Adapters;

/// <summary>
/// Creates the HTTP clients of back ends. Each back end has separate connections, and each adapter instance has a separate client, so that
/// changes that one version makes to it do not affect the next.
/// </summary>
internal sealed class BackEndHttpClients : IDisposable
{
    private readonly ConcurrentDictionary<string, SocketsHttpHandler> _handlers = new(StringComparer.Ordinal);

    public HttpClient For(BackEnd backEnd)
    {
        var client = new HttpClient(_handlers.GetOrAdd(backEnd.Key, static _ => CreateHandler()), disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("PluginGateway");
        return client;
    }

    public void Dispose()
    {
        foreach (var handler in _handlers.Values)
            handler.Dispose();
    }

    private static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 32,
    };
}
