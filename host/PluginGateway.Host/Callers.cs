using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.HttpOverrides;
using PluginGateway.Core.Clients;
using PluginGateway.Host.Open311;

namespace PluginGateway.Host;

/// <summary>Determines where calls come from, before anything else handles them.</summary>
internal static class Callers
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Replaces address and scheme of a call by those that a known proxy states.</summary>
    public static void UseKnownProxies(this IApplicationBuilder app)
    {
        var proxies = app.ApplicationServices.GetRequiredService<KnownProxies>();
        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Callers).FullName!);
        app.Use(async (http, next) =>
        {
            var sender = http.Connection.RemoteIpAddress;
            var isStated = http.Request.Headers.ContainsKey(ForwardedHeadersDefaults.XForwardedForHeaderName);
            await next(http);
            // A call that was refused has a line in the log already.
            if (isStated && http.Response.StatusCode < StatusCodes.Status400BadRequest && !proxies.IsKnown(sender))
                log.UnknownProxy(sender?.ToString() ?? "unknown");
        });
        if (proxies.Any)
            app.UseForwardedHeaders(proxies.ToOptions());
    }

    /// <summary>Refuses calls on connections beyond the limit of their address, and closes these connections.</summary>
    public static void UseConnectionLimit(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        if (!ConnectionLimit.IsExceeded(http))
            return next(http);

        if (HttpProtocol.IsHttp2(http.Request.Protocol) || HttpProtocol.IsHttp3(http.Request.Protocol))
            http.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        else
            http.Response.Headers.Connection = "close";
        var target = Open311Target.Parse(http.Request.Path);
        return ResponseSender.SendAsync(
            http, target, Open311Response.TooMany("Too many open connections from this address. Repeat the request later.", RetryAfter), new Open311Options());
    });
}

internal static partial class CallersLog
{
    [LoggerMessage(120, LogLevel.Warning,
        "{Address} sends X-Forwarded-For, but is not in Proxies:Known. All calls through it count as calls from its own address.")]
    public static partial void UnknownProxy(this ILogger log, string address);
}
