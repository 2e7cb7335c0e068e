using System.Net;
using Microsoft.Net.Http.Headers;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin;

/// <summary>What happens to every call of the operators' site before its page, and after one that failed.</summary>
internal sealed class AdminMiddleware(ILogger<AdminMiddleware> log)
{
    public const string Root = "/admin";

    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", HeaderNames.Via];

    public async Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        SecurityHeaders.Set(http.Response);
        AdminCookie.Answering(http);
        if (!http.Request.IsHttps && !IsOfThisMachine(http))
        {
            await StatusPage.WriteAsync(
                http, StatusCodes.Status403Forbidden, "Use https", "The operators' site is served by https, and by http to the gateway's own machine only.");
            return;
        }

        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400 })
                await StatusPage.WriteAsync(http, http.Response.StatusCode);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
        }
        catch (BadHttpRequestException e)
        {
            await FailedAsync(http, e.StatusCode, "Not now", e.Message);
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            log.PageNotPossible(http.TraceIdentifier, DatabaseErrors.Describe(e));
            await FailedAsync(
                http, StatusCodes.Status503ServiceUnavailable, "Not possible now",
                $"This did not work: {DatabaseErrors.Describe(e)}. Reports that were accepted are safe; try again in a minute.");
        }
#pragma warning disable CA1031 // The HTTP exception handler: nothing of the exception reaches the caller.
        catch (Exception e)
        {
            log.PageFailed(http.TraceIdentifier, e);
            await FailedAsync(
                http, StatusCodes.Status500InternalServerError, "Something went wrong here",
                $"The number of this call is {http.TraceIdentifier}; the log says more under it.");
        }
#pragma warning restore CA1031
    }

    /// <summary>
    /// A browser here, asking by a name of this machine: one that came through a proxy, or by a name that somebody else let point here, is not.
    /// </summary>
    private static bool IsOfThisMachine(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from)
        && (http.Request.Host.Host is "localhost" || (IPAddress.TryParse(http.Request.Host.Host.Trim('[', ']'), out var asked) && IPAddress.IsLoopback(asked)))
        && !ProxyHeaders.Any(http.Request.Headers.ContainsKey);

    private static Task FailedAsync(HttpContext http, int status, string title, string text)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return Task.CompletedTask;
        }

        http.Response.Clear();
        SecurityHeaders.Set(http.Response);
        return StatusPage.WriteAsync(http, status, title, text);
    }
}
