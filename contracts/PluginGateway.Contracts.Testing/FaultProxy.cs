using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace PluginGateway.Contracts.Testing;

/// <summary>
/// Stands between an adapter and its back end and lets one call go wrong, in the ways that back ends were seen to. It counts the calls, so
/// that a test can choose which.
/// </summary>
/// <param name="backEnd">Who answers the calls that are let through.</param>
public sealed class FaultProxy(BackEndSimulator backEnd) : HttpMessageHandler
{
    private int _calls;

    /// <summary>What goes wrong.</summary>
    public BackEndFault Fault { get; set; }

    /// <summary>Whether it goes wrong with a call; given the call and its number, from 1. The first call unless told otherwise.</summary>
    public Func<HttpRequestMessage, int, bool> When { get; set; } = static (_, number) => number == 1;

    /// <summary>Told of every call before it is passed on, and with its end; may throw to end the adapter's work there.</summary>
    public Action<CallStep> OnStep { get; set; } = static _ => { };

    /// <summary>How many calls came.</summary>
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

        // The content is gone once it was sent, as over a real connection.
        if (request.Content is not null)
            await request.Content.LoadIntoBufferAsync(cancellationToken);
        var response = await backEnd.AnswerAsync(request, cancellationToken);
        OnStep(CallStep.After);
        switch (fault)
        {
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

    private static HttpResponseMessage Answer(HttpStatusCode status, string body, string type) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, type) };
}

/// <summary>What goes wrong with a call.</summary>
public enum BackEndFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The connection is refused: nothing left.</summary>
    Refused,

    /// <summary>The call does not arrive, and no answer comes.</summary>
    TimeOutBefore,

    /// <summary>The call is carried out, and no answer comes.</summary>
    TimeOutAfter,

    /// <summary>A proxy answers 200 with an HTML page; the call does not arrive.</summary>
    ErrorPage,

    /// <summary>500 with a text; the call does not arrive.</summary>
    ServerError,

    /// <summary>The call is carried out, and the connection ends in the middle of the answer.</summary>
    TruncatedBody,

    /// <summary>429 with <c>Retry-After: 30</c>; the call does not arrive.</summary>
    TooManyRequests,

    /// <summary>401, as when a token has expired; the call does not arrive.</summary>
    TokenExpired,

    /// <summary>The call is carried out, and the answer comes one byte at a time.</summary>
    SlowDrip,
}

/// <summary>Where in a call something happens.</summary>
public enum CallStep
{
    /// <summary>Before it is passed on.</summary>
    Before,

    /// <summary>After the back end carried it out, before the adapter has the answer.</summary>
    After,
}
