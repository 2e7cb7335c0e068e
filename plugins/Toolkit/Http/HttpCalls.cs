using System.Net;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>Calls to a council's system, and what each way of getting no answer means.</summary>
public static class HttpCalls
{
    /// <summary>The longest answer that is read, in bytes.</summary>
    public const int MostBytes = 10 << 20;

    /// <summary>A call that changes nothing: whatever goes wrong, it can be made again.</summary>
    /// <param name="http">The client that the gateway gave.</param>
    /// <param name="request">The call; disposed here.</param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="AdapterException">No answer came: <see cref="FailureKind.Transient"/>.</exception>
    public static async Task<HttpAnswer> ReadAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken ct)
    {
        try
        {
            return await SendAsync(http, request, time, ct);
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
    /// <param name="ct">Fires when the time is up.</param>
    /// <returns>The answer, unless a proxy gave it.</returns>
    /// <exception cref="AdapterException">
    /// <see cref="FailureKind.Transient"/> when nothing left, <see cref="FailureKind.OutcomeUnknown"/> when something may have arrived.
    /// </exception>
    public static async Task<HttpAnswer> ChangeAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken ct)
    {
        var path = request?.RequestUri?.AbsolutePath;
        try
        {
            var answer = await SendAsync(http, request!, time, ct);
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
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            // Only connecting has a time limit of its own: nothing left.
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            throw AdapterException.OutcomeUnknown("The council's system did not answer.", Describe(e), e);
        }
    }

    private static async Task<HttpAnswer> SendAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(time);
        using (request)
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            return new HttpAnswer(response, await BodyAsync(response.Content, ct), time);
        }
    }

    private static async Task<byte[]?> BodyAsync(HttpContent content, CancellationToken ct)
    {
        await using var stream = await content.ReadAsStreamAsync(ct);
        var buffer = new MemoryStream();
        var piece = new byte[16 << 10];
        int read;
        while ((read = await stream.ReadAsync(piece, ct)) > 0)
        {
            if (buffer.Length + read > MostBytes)
                return null;
            await buffer.WriteAsync(piece.AsMemory(0, read), ct);
        }

        return buffer.ToArray();
    }

    private static string Describe(Exception e) => e.InnerException is { } inner ? $"{e.Message} ({inner.Message})" : e.Message;
}
