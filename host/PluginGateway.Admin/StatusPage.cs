using System.Text.Encodings.Web;

namespace PluginGateway.Admin;

/// <summary>A page that only says why there is none. It needs nothing that may just have failed.</summary>
internal static class StatusPage
{
    public static Task WriteAsync(HttpContext http, int status) => status switch
    {
        StatusCodes.Status400BadRequest =>
            WriteAsync(
                http, status, "The form cannot be read",
                "It may be from before you signed in, or from too long ago. Go back, load the page again, and send it once more."),
        StatusCodes.Status403Forbidden =>
            WriteAsync(
                http, status, "Not for this account",
                "Your account may look at less, or change less, than this. An admin can change that under Accounts."),
        StatusCodes.Status404NotFound =>
            WriteAsync(http, status, "There is no such page", "It may have been removed, or belong to a council that your account is not for."),
        StatusCodes.Status405MethodNotAllowed => WriteAsync(http, status, "Not that way", "This address is not made for that."),
        _ => WriteAsync(http, status, "That did not work", $"The number of this call is {http.TraceIdentifier}."),
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
