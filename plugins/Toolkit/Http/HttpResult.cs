using System.Globalization;
using System.Net;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>An HTTP response with its complete content.</summary>
public sealed class HttpResult
{
    internal HttpResult(HttpResponseMessage response, byte[]? body, TimeProvider time)
    {
        Status = response.StatusCode;
        Reason = response.ReasonPhrase ?? "";
        ContentType = response.Content.Headers.ContentType?.MediaType ?? "";
        Location = response.Headers.Location;
        Body = body;
        RetryAfter = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
            _ => null,
        };
    }

    /// <summary>The status code.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The reason phrase after the status code; may be empty.</summary>
    public string Reason { get; }

    /// <summary>The media type without parameters; empty if the response has none.</summary>
    public string ContentType { get; }

    /// <summary>The target of a redirect; null if there is none.</summary>
    public Uri? Location { get; }

    /// <summary>How long the system asks to wait before the next call; null if it does not.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The content; null if it is longer than <see cref="HttpCalls.MaxBytes"/>.</summary>
    public byte[]? Body { get; }

    /// <summary>Whether the status code is 2xx.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>The status code and reason phrase, for operators.</summary>
    public string StatusLine => string.Create(CultureInfo.InvariantCulture, $"{(int)Status} {Reason}");

    /// <summary>
    /// Creates the exception for a response whose status is not 2xx. 401 and 403 mean wrong credentials, and a redirect means a wrong address:
    /// both are <see cref="FailureKind.Misconfigured"/>. 429 means too many calls. 400, 404, 409 and 422 are
    /// <see cref="FailureKind.Rejected"/>, but only with an error body of the system itself; without one, the response may come from a proxy.
    /// Every other status is <see cref="FailureKind.Transient"/>.
    /// </summary>
    /// <param name="words">The message in the system's error body, which clients see; null if there is no such body.</param>
    /// <returns>The exception to throw.</returns>
    public AdapterException Refusal(string? words = null)
    {
        var detail = $"{StatusLine}: {words}";
        return Status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                AdapterException.Misconfigured("The council's system rejected our API key. Ask the council for a new one.", detail),
            HttpStatusCode.TooManyRequests => AdapterException.Transient("The council's system is busy.", detail, RetryAfter, slowDown: true),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest =>
                AdapterException.Misconfigured("The council's system redirects calls to another address.", $"{detail} to {Location}"),
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity
                when words is { Length: > 0 } =>
                AdapterException.Rejected(words, detail),
            _ => AdapterException.Transient("The council's system reported an error.", detail, RetryAfter),
        };
    }
}
