using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace PluginGateway.Contracts.Testing;

/// <summary>
/// Handles the calls between an adapter and its back end, and injects faults that occur with real back ends. It numbers the calls, so that
/// a test can choose which of them fail.
/// </summary>
/// <param name="backEnd">The back end that answers the calls that are passed on.</param>
public sealed class FaultProxy(BackEndSimulator backEnd) : HttpMessageHandler
{
    private int _calls;

    /// <summary>The fault to inject; none by default.</summary>
    public BackEndFault Fault { get; set; }

    /// <summary>
    /// Decides whether a call fails. The arguments are the call and its number, starting at 1. By default only the first call fails.
    /// </summary>
    public Func<HttpRequestMessage, int, bool> When { get; set; } = static (_, number) => number == 1;

    /// <summary>
    /// Runs before a call is passed on and after the back end has answered it. It may throw, to end the adapter's work at that step.
    /// </summary>
    public Action<CallStep> OnStep { get; set; } = static _ => { };

    /// <summary>The number of calls so far, including those that failed.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var number = Interlocked.Increment(ref _calls);
        var fault = Fault != BackEndFault.None && When(request, number) ? Fault : BackEndFault.None;
        OnStep(CallStep.Before);
        switch (fault)
        {
            case BackEndFault.Refused:
                throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused.");
            case BackEndFault.TimeOutBefore:
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case BackEndFault.ErrorPage:
                return Answer(HttpStatusCode.OK, "<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>", "text/html");
            case BackEndFault.ServerError:
                return Answer(HttpStatusCode.InternalServerError, "java.lang.NullPointerException", "text/plain");
            case BackEndFault.TooManyRequests:
                var busy = Answer(HttpStatusCode.TooManyRequests, "", "text/plain");
                busy.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(30));
                return busy;
            case BackEndFault.TokenExpired:
                return Answer(HttpStatusCode.Unauthorized, "", "text/plain");
        }

        // Read the content to its end, as sending it over a real connection does.
        if (request.Content is not null)
            await request.Content.LoadIntoBufferAsync(cancellationToken);
        var response = await backEnd.AnswerAsync(request, cancellationToken);
        OnStep(CallStep.After);
        switch (fault)
        {
            case BackEndFault.ServerErrorAfter or BackEndFault.RedirectAfter or BackEndFault.NotFoundPageAfter:
                response.Dispose();
                return UnclearAnswer(fault);
            case BackEndFault.TimeOutAfter:
                response.Dispose();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case BackEndFault.TruncatedBody or BackEndFault.SlowDrip:
                var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
                var content = new StreamContent(
                    new DripStream(body, fault == BackEndFault.TruncatedBody ? body.Length / 2 : body.Length, fault == BackEndFault.TruncatedBody));
                foreach (var header in response.Content.Headers)
                    content.Headers.TryAddWithoutValidation(header.Key, header.Value);
                response.Content = content;
                break;
        }

        return response;
    }

    private static HttpResponseMessage UnclearAnswer(BackEndFault fault)
    {
        var status = fault == BackEndFault.ServerErrorAfter ? HttpStatusCode.InternalServerError
            : fault == BackEndFault.RedirectAfter ? HttpStatusCode.Found
            : HttpStatusCode.NotFound;
        var answer = Answer(status, $"<!DOCTYPE html><html><body>{status}</body></html>", "text/html");
        if (fault == BackEndFault.RedirectAfter)
            answer.Headers.Location = new Uri("https://council.example/thanks");
        return answer;
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, string body, string type) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, type) };
}

/// <summary>The faults that can occur in a call.</summary>
public enum BackEndFault
{
    /// <summary>No fault.</summary>
    None,

    /// <summary>The connection is refused, so nothing is sent.</summary>
    Refused,

    /// <summary>The call does not reach the back end, and times out.</summary>
    TimeOutBefore,

    /// <summary>The back end processes the call, but its response is lost and the call times out.</summary>
    TimeOutAfter,

    /// <summary>A proxy answers 200 with an HTML page; the call does not reach the back end.</summary>
    ErrorPage,

    /// <summary>The response is 500 with plain text; the call does not reach the back end.</summary>
    ServerError,

    /// <summary>The back end processes the call, and the connection breaks in the middle of the response.</summary>
    TruncatedBody,

    /// <summary>The response is 429 with <c>Retry-After: 30</c>; the call does not reach the back end.</summary>
    TooManyRequests,

    /// <summary>The response is 401, as when a token has expired; the call does not reach the back end.</summary>
    TokenExpired,

    /// <summary>The back end processes the call, and the response arrives one byte at a time. The call succeeds.</summary>
    SlowDrip,

    /// <summary>The back end processes the call, and the response is 500 with an HTML page, because something failed afterwards.</summary>
    ServerErrorAfter,

    /// <summary>The back end processes the call, and the response is a redirect (302).</summary>
    RedirectAfter,

    /// <summary>The back end processes the call, and the response is 404 with an HTML page.</summary>
    NotFoundPageAfter,
}

/// <summary>The steps of a call.</summary>
public enum CallStep
{
    /// <summary>Before the call is passed to the back end.</summary>
    Before,

    /// <summary>After the back end has processed the call, before the adapter receives the response.</summary>
    After,
}
