using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin;

/// <summary>Handles every request to the operators' site: requires https, sets the security headers, and shows errors as pages.</summary>
internal sealed class AdminMiddleware(IOptions<AdminOptions> options, IHostEnvironment environment, ILogger<AdminMiddleware> log)
{
    public const string Root = "/admin";

    /// <summary>The source of exceptions from the form reader.</summary>
    private const string FormReader = "Microsoft.AspNetCore.WebUtilities";

    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", HeaderNames.Via];

    public async Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        SecurityHeaders.Set(http.Response);
        AdminCookie.BeginRequest(http);
        if (FindRefusal(http) is { } refused)
        {
            await StatusPage.WriteAsync(http, refused.Status, refused.Title, refused.Text);
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
            await FailedAsync(http, e.StatusCode, "The request failed", e.Message);
        }
        catch (InvalidDataException e) when (e.Source == FormReader)
        {
            await FailedAsync(http, StatusCodes.Status400BadRequest, "The form cannot be read", "The form has too many or too long fields.");
        }
        catch (Exception e) when (DatabaseErrors.IsDatabaseError(e))
        {
            log.PageNotPossible(http.TraceIdentifier, DatabaseErrors.Describe(e));
            await FailedAsync(
                http, StatusCodes.Status503ServiceUnavailable, "Temporarily unavailable",
                $"The request failed: {DatabaseErrors.Describe(e)}. Accepted reports are safe. Try again in a minute.");
        }
#pragma warning disable CA1031 // The HTTP exception handler: no part of the exception reaches the client.
        catch (Exception e)
        {
            log.PageFailed(http.TraceIdentifier, e);
            await FailedAsync(
                http, StatusCodes.Status500InternalServerError, "Internal error",
                $"The request id is {http.TraceIdentifier}. The log contains details under this id.");
        }
#pragma warning restore CA1031
    }

    /// <summary>Returns why a request is refused before anything reads it; null if it is not.</summary>
    private (int Status, string Title, string Text)? FindRefusal(HttpContext http)
    {
        var request = http.Request;
        if (!request.IsHttps && !options.Value.AllowHttp && (environment.IsProduction() || !IsLocal(http)))
            return (StatusCodes.Status403Forbidden, "Use https",
                "The operators' site requires https. The setting Admin:AllowHttp turns this off, for a network in which nobody else can listen.");

        // Browsers say which site a form was sent from. The form's token is checked too.
        var isForm = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        if (isForm && request.Headers["Sec-Fetch-Site"] is [{ Length: > 0 } from, ..] && from is not ("same-origin" or "none"))
            return (StatusCodes.Status403Forbidden, "Sent from another site", "Open the page on this site and send the form again.");
        return HasReadableForm(request)
            ? null
            : (StatusCodes.Status415UnsupportedMediaType, "The form cannot be read", "Forms must be sent as a browser sends them, in UTF-8.");
    }

    /// <summary>
    /// Whether the request comes from this machine and uses a local host name. Requests through a proxy are not local, nor are requests for another
    /// name that resolves to this machine.
    /// </summary>
    private static bool IsLocal(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote)
        && (http.Request.Host.Host is "localhost" || (IPAddress.TryParse(http.Request.Host.Host.Trim('[', ']'), out var host) && IPAddress.IsLoopback(host)))
        && !ProxyHeaders.Any(http.Request.Headers.ContainsKey);

    /// <summary>
    /// Whether the body is of the only kind that the forms of the site have, in UTF-8. The framework's reader fails for some charsets and malformed parts.
    /// </summary>
    private static bool HasReadableForm(HttpRequest request) =>
        string.IsNullOrEmpty(request.ContentType)
        || (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            && (!type.Charset.HasValue || HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase)));

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
