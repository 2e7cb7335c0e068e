using System.Text.Encodings.Web;

namespace PluginGateway.Admin;

/// <summary>A page that shows a status. It depends on nothing that may have failed.</summary>
internal static class StatusPage
{
    public static Task WriteAsync(HttpContext http, int status) => status switch
    {
        StatusCodes.Status400BadRequest =>
            WriteAsync(
                http, status, "Invalid form",
                "It contains an invalid value, or was loaded too long ago or before you signed in. Go back, reload the page and submit it again."),
        StatusCodes.Status403Forbidden =>
            WriteAsync(
                http, status, "Access denied",
                "Your account does not have permission for this. An admin can change that under Accounts."),
        StatusCodes.Status404NotFound =>
            WriteAsync(http, status, "Page not found", "It may have been removed, or it may belong to a council that your account has no access to."),
        StatusCodes.Status405MethodNotAllowed => WriteAsync(http, status, "Method not allowed", "This address does not support this kind of request."),
        _ => WriteAsync(http, status, "The request failed", $"The request id is {http.TraceIdentifier}."),
    };

    public static Task WriteAsync(HttpContext http, int status, string title, string text)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        var (t, x) = (HtmlEncoder.Default.Encode(title), HtmlEncoder.Default.Encode(text));
        return http.Response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{t} – PluginGateway</title>
            <link rel="stylesheet" href="{AdminAssets.Style}"><link rel="icon" href="{AdminAssets.Icon}"></head>
            <body><main id="main" class="narrow"><h1>{t}</h1><p>{x}</p><p><a href="{AdminMiddleware.Root}">Home</a></p></main></body>
            </html>
            """,
            http.RequestAborted);
    }
}
