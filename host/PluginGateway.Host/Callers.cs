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
        if (proxies.Any)
        {
            app.UseForwardedHeaders(proxies.ToOptions());
            return;
        }

        var log = app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Callers).FullName!);
        app.Use((http, next) =>
        {
            if (http.Request.Headers.ContainsKey(ForwardedHeadersDefaults.XForwardedForHeaderName))
                log.UnknownProxy(http.Connection.RemoteIpAddress?.ToString() ?? "unknown");
            return next(http);
        });
    }

    /// <summary>Refuses calls on connections beyond the limit of their address, and closes these connections.</summary>
    public static void UseConnectionLimit(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        if (!ConnectionLimit.IsExceeded(http))
            return next(http);

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
