using System.Net;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>Sends HTTP calls to a council's system, and classifies calls that get no response.</summary>
public static class HttpCalls
{
    /// <summary>The maximum length of a response, in bytes.</summary>
    public const int MaxBytes = 10 << 20;

    /// <summary>Sends a call that changes nothing. Every failure is transient, because the call can be repeated.</summary>
    /// <param name="http">The client from <see cref="AdapterContext.Http"/>.</param>
    /// <param name="request">The call. It is disposed by this method.</param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The response, whatever its status.</returns>
    /// <exception cref="AdapterException">There was no response: <see cref="FailureKind.Transient"/>.</exception>
    public static async Task<HttpResult> ReadAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(http, request, time, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
    }

    /// <summary>Sends a call that creates something. If no response arrives after the first byte was sent, the outcome is unknown.</summary>
    /// <param name="http">The client from <see cref="AdapterContext.Http"/>.</param>
    /// <param name="request">The call. It is disposed by this method.</param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>The response, whatever its status, except 408, 502 and 504.</returns>
    /// <exception cref="AdapterException">
    /// <see cref="FailureKind.Transient"/> if nothing was sent; <see cref="FailureKind.OutcomeUnknown"/> if the call may have arrived, which
    /// includes the statuses 408, 502 and 504 of a proxy.
    /// </exception>
    public static async Task<HttpResult> ChangeAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = request?.RequestUri?.AbsolutePath;
        try
        {
            var answer = await SendAsync(http, request!, time, cancellationToken);
            // A proxy gave up waiting: the system behind it may have processed the call.
            return answer.Status is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout
                ? throw AdapterException.OutcomeUnknown("The council's system did not answer.", $"{path}: {answer.StatusLine}")
                : answer;
        }
        catch (HttpRequestException e)
            when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // Only connecting has a separate time-out, so nothing was sent.
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw AdapterException.OutcomeUnknown("The council's system did not answer.", Describe(e), e);
        }
    }

    private static async Task<HttpResult> SendAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(time);
        using (request)
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return new HttpResult(response, await BodyAsync(response.Content, cancellationToken), time);
        }
    }

    private static async Task<byte[]?> BodyAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new MemoryStream();
        var piece = new byte[16 << 10];
        int read;
        while ((read = await stream.ReadAsync(piece, cancellationToken)) > 0)
        {
            if (buffer.Length + read > MaxBytes)
                return null;
            await buffer.WriteAsync(piece.AsMemory(0, read), cancellationToken);
        }

        return buffer.ToArray();
    }

    private static string Describe(Exception e) => e.InnerException is { } inner ? $"{e.Message} ({inner.Message})" : e.Message;
}
