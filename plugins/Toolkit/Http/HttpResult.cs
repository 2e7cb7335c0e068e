using System.Globalization;
using System.Net;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>An HTTP answer, read to its end.</summary>
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

    /// <summary>The words behind the status code.</summary>
    public string Reason { get; }

    /// <summary>The media type without parameters; empty when none was given.</summary>
    public string ContentType { get; }

    /// <summary>Where a redirect leads to.</summary>
    public Uri? Location { get; }

    /// <summary>How long the system asks to wait.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The content; null when it was longer than any answer should be.</summary>
    public byte[]? Body { get; }

    /// <summary>Whether the status code says that it went well.</summary>
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>Status and reason, for operators.</summary>
    public string StatusLine => string.Create(CultureInfo.InvariantCulture, $"{(int)Status} {Reason}");

    /// <summary>
    /// What an answer other than 2xx means. 401 and 403 are a wrong key, a redirect a wrong address, 429 asks for patience. A 4xx is a no to
    /// this very call only when the system's own error body says so; without one it could be anything between here and there.
    /// </summary>
    /// <param name="words">What the system's error body says, in words that may be shown; null when there is no such body.</param>
    /// <returns>The exception to throw.</returns>
    public AdapterException Refusal(string? words = null)
    {
        var detail = $"{StatusLine}: {words}";
        return Status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                AdapterException.Misconfigured("The council's system does not accept the gateway's key.", detail),
            HttpStatusCode.TooManyRequests => AdapterException.Transient("The council's system is busy.", detail, RetryAfter, slowDown: true),
            >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest =>
                AdapterException.Misconfigured("The council's system has moved.", $"{detail} to {Location}"),
            HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity
                when words is { Length: > 0 } =>
                AdapterException.Rejected(words, detail),
            _ => AdapterException.Transient("The council's system has trouble at the moment.", detail, RetryAfter),
        };
    }
}
