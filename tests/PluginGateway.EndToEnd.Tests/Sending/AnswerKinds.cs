using System.Text;
using Microsoft.AspNetCore.Http;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>One way in which a council's endpoint answers a report.</summary>
/// <param name="Name">The name, which is part of a path.</param>
/// <param name="Creates">Whether a case is created before the answer.</param>
/// <param name="Outcome">What the answer means.</param>
/// <param name="AnswerAsync">Writes the answer; the argument is the id of the case.</param>
internal sealed record AnswerKind(string Name, bool Creates, AnswerOutcome Outcome, Func<HttpContext, string, Task> AnswerAsync);

/// <summary>What an answer means for a report.</summary>
internal enum AnswerOutcome
{
    /// <summary>The case was created, and its id is known.</summary>
    Sent,

    /// <summary>The answer does not show whether a case was created.</summary>
    Unknown,

    /// <summary>The report was refused.</summary>
    Refused,

    /// <summary>Nothing was created; a later attempt succeeds.</summary>
    Later,
}

/// <summary>All kinds of answers that an endpoint, or a proxy in front of it, gives.</summary>
internal static class AnswerKinds
{
    private const string Html = "<!DOCTYPE html><html><head><title>Council</title></head><body><p>Sorry.</p></body></html>";

    public static IReadOnlyList<AnswerKind> All { get; } =
    [
        new("200-with-id", true, AnswerOutcome.Sent, (http, id) => WriteAsync(http, 200, Id(id))),
        new("200-in-another-charset", true, AnswerOutcome.Sent, (http, id) => WriteAsync(
            http, 200, "<?xml version=\"1.0\" encoding=\"windows-1252\"?>" + Id(id, "<service_notice>Council\u0092s team</service_notice>"), encoding: Encoding.Latin1)),
        new("200-slow-drip", true, AnswerOutcome.Sent, DripAsync),
        new("201-with-location", true, AnswerOutcome.Sent, (http, id) =>
        {
            http.Response.Headers.Location = $"requests/{id}.xml";
            return WriteAsync(http, 201, "");
        }),
        new("closed-before-the-request-was-read", false, AnswerOutcome.Unknown, (http, _) => Abort(http)),
        new("closed-after-the-request-was-read", true, AnswerOutcome.Unknown, (http, _) => Abort(http)),
        new("body-cut-off", true, AnswerOutcome.Unknown, async (http, id) =>
        {
            http.Response.ContentLength = 500;
            await http.Response.WriteAsync(Id(id)[..40]);
            await http.Response.Body.FlushAsync();
            http.Abort();
        }),
        new("time-out", true, AnswerOutcome.Unknown, (http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted)),
        new("200-empty", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 200, "")),
        new("200-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 200, Html, "text/html")),
        new("200-without-id", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 200, "<service_requests><request/></service_requests>")),
        new("200-with-errors", false, AnswerOutcome.Refused, (http, _) => WriteAsync(http, 200, Error(400))),
        new("200-with-error-500", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 200, Error(500))),
        new("202", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 202, "")),
        new("301", true, AnswerOutcome.Unknown, (http, _) => RedirectAsync(http, 301)),
        new("302", true, AnswerOutcome.Unknown, (http, _) => RedirectAsync(http, 302)),
        new("303", true, AnswerOutcome.Unknown, (http, _) => RedirectAsync(http, 303)),
        new("307", true, AnswerOutcome.Unknown, (http, _) => RedirectAsync(http, 307)),
        new("400-own", false, AnswerOutcome.Refused, (http, _) => WriteAsync(http, 400, Error(400))),
        new("400-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 400, Html, "text/html")),
        new("401", false, AnswerOutcome.Later, (http, _) => WriteAsync(http, 401, "")),
        new("403-own", false, AnswerOutcome.Later, (http, _) => WriteAsync(http, 403, Error(403))),
        new("403-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 403, Html, "text/html")),
        new("404-own", false, AnswerOutcome.Refused, (http, _) => WriteAsync(http, 404, Error(404))),
        new("404-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 404, Html, "text/html")),
        new("405-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 405, Html, "text/html")),
        new("408", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 408, "")),
        new("409-own", false, AnswerOutcome.Refused, (http, _) => WriteAsync(http, 409, Error(409))),
        new("409-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 409, Html, "text/html")),
        new("413", false, AnswerOutcome.Refused, (http, _) => WriteAsync(http, 413, Html, "text/html")),
        new("429", false, AnswerOutcome.Later, (http, _) => WriteAsync(http, 429, "")),
        new("500-own", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 500, Error(500))),
        new("500-html", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 500, Html, "text/html")),
        new("502", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 502, Html, "text/html")),
        new("503", false, AnswerOutcome.Later, (http, _) => WriteAsync(http, 503, Html, "text/html")),
        new("503-with-retry-after", false, AnswerOutcome.Later, (http, _) =>
        {
            http.Response.Headers.RetryAfter = "1";
            return WriteAsync(http, 503, "");
        }),
        new("504", true, AnswerOutcome.Unknown, (http, _) => WriteAsync(http, 504, Html, "text/html")),
    ];

    public static string Id(string id, string more = "") =>
        $"<service_requests><request><service_request_id>{id}</service_request_id>{more}</request></service_requests>";

    private static string Error(int code) => $"<errors><error><code>{code}</code><description>No.</description></error></errors>";

    private static async Task WriteAsync(HttpContext http, int status, string body, string type = "text/xml", Encoding? encoding = null)
    {
        (http.Response.StatusCode, http.Response.ContentType) = (status, type);
        await http.Response.Body.WriteAsync((encoding ?? Encoding.UTF8).GetBytes(body));
    }

    private static Task RedirectAsync(HttpContext http, int status)
    {
        http.Response.Headers.Location = "https://council.example/thanks";
        return WriteAsync(http, status, "");
    }

    private static async Task DripAsync(HttpContext http, string id)
    {
        http.Response.ContentType = "text/xml";
        foreach (var b in Encoding.UTF8.GetBytes(Id(id)))
        {
            await http.Response.Body.WriteAsync(new[] { b });
            await http.Response.Body.FlushAsync();
        }
    }

    private static Task Abort(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }
}
