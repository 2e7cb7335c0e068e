using System.Collections.Concurrent;
using PluginGateway.Host.Councils;

namespace PluginGateway.Host.Adapters;

/// <summary>One HTTP client for each back end, so that its connections are its own.</summary>
internal sealed class BackEndHttpClients : IDisposable
{
    private readonly ConcurrentDictionary<string, HttpClient> _clients = new(StringComparer.Ordinal);

    public HttpClient For(BackEnd backEnd) => _clients.GetOrAdd(backEnd.Key, static _ => Make());

    public void Dispose()
    {
        foreach (var client in _clients.Values)
            client.Dispose();
    }

    private static HttpClient Make()
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 32,
        };
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("PluginGateway");
        return client;
    }
}
