using System.Net;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>Calls to a council's system, and what each way of getting no answer means.</summary>
public static class HttpCalls
{
    /// <summary>The longest answer that is read, in bytes.</summary>
    public const int MaxBytes = 10 << 20;

    /// <summary>A call that changes nothing: whatever goes wrong, it can be made again.</summary>
    /// <param name="http">The client that the gateway gave.</param>
    /// <param name="request">The call; disposed here.</param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="cancellationToken">Fires when the time is up.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="AdapterException">No answer came: <see cref="FailureKind.Transient"/>.</exception>
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

    /// <summary>A call that creates something. From the first byte sent on, no answer means that it is not known.</summary>
    /// <param name="http">The client that the gateway gave.</param>
    /// <param name="request">The call; disposed here.</param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="cancellationToken">Fires when the time is up.</param>
    /// <returns>The answer, unless a proxy gave it.</returns>
    /// <exception cref="AdapterException">
    /// <see cref="FailureKind.Transient"/> when nothing left, <see cref="FailureKind.OutcomeUnknown"/> when something may have arrived.
    /// </exception>
    public static async Task<HttpResult> ChangeAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = request?.RequestUri?.AbsolutePath;
        try
        {
            var answer = await SendAsync(http, request!, time, cancellationToken);
            // A proxy between here and there gave up: whether the other side took it is not known.
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
            // Only connecting has a time limit of its own: nothing left.
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
