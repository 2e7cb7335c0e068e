using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using PluginGateway.Adapters.Toolkit.Text;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Http;

/// <summary>Sends HTTP calls to a council's system, and classifies calls that get no response.</summary>
public static class HttpCalls
{
    /// <summary>The maximum length of a response, in bytes.</summary>
    public const int MaxBytes = 10 << 20;

    private const string NoAnswer = "The council's system did not answer.";

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
            using var body = new MemoryStream();
            return await SendAsync(http, request, body, isChange: false, time, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or SocketException)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
    }

    /// <summary>Sends a call that creates something. If no response arrives after the first byte was sent, the outcome is unknown.</summary>
    /// <param name="http">The client from <see cref="AdapterContext.Http"/>.</param>
    /// <param name="request">The call. It is disposed by this method.</param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="cancellationToken">Fires at the deadline of the call.</param>
    /// <returns>
    /// The response, whatever its status, except 408, 502 and 504. For a response that is not a success, throw the exception that
    /// <see cref="HttpResult.Refusal"/> returns; for one that cannot be read, that of <see cref="HttpResult.Unreadable"/>.
    /// </returns>
    /// <exception cref="AdapterException">
    /// <see cref="FailureKind.Transient"/> if nothing was sent; <see cref="FailureKind.OutcomeUnknown"/> if the call may have arrived, which
    /// includes the statuses 408, 502 and 504 of a proxy.
    /// </exception>
    public static async Task<HttpResult> ChangeAsync(HttpClient http, HttpRequestMessage request, TimeProvider time, CancellationToken cancellationToken)
    {
        var path = request?.RequestUri?.AbsolutePath;
        using var body = new MemoryStream();
        try
        {
            var answer = await SendAsync(http, request!, body, isChange: true, time, cancellationToken);
            // A proxy gave up waiting: the system behind it may have processed the call.
            return answer.Status is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout or HttpStatusCode.RequestTimeout
                ? throw AdapterException.OutcomeUnknown(NoAnswer, $"{path}: {answer.StatusLine}; content: {answer.Excerpt}")
                : answer;
        }
        catch (HttpRequestException e)
            when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
        {
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
        catch (SocketException e)
        {
            // The only one that is not wrapped: the connection was reset while it was being established.
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // Only connecting has a separate time-out, so nothing was sent.
            throw AdapterException.Transient("The council's system cannot be reached.", Describe(e), innerException: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // The part of the response that arrived may contain the number of the case.
            var received = body.Length == 0 ? "" : $"; received before: {HttpResult.ExcerptOf(Charsets.Decode(body.ToArray()))}";
            throw AdapterException.OutcomeUnknown(NoAnswer, Describe(e) + received, innerException: e);
        }
    }

    /// <summary>
    /// Sends an authenticated call that creates something. If the system rejects the access token, nothing was created, so the token is renewed and
    /// the call is sent once more.
    /// </summary>
    /// <param name="http">The client from <see cref="AdapterContext.Http"/>.</param>
    /// <param name="request">Creates the call with the current token. It is called again for the second call.</param>
    /// <param name="renewToken">Gets a new token.</param>
    /// <param name="refusesToken">
    /// Whether a response means that the token is invalid and nothing was created: usually 401, and 403 only with an error body of the system itself.
    /// </param>
    /// <param name="time">The clock, for <c>Retry-After</c>.</param>
    /// <param name="cancellationToken">Fires at the deadline of both calls.</param>
    /// <returns>The last response; see <see cref="ChangeAsync(HttpClient, HttpRequestMessage, TimeProvider, CancellationToken)"/>.</returns>
    /// <exception cref="AdapterException">As for the other overload, for either call.</exception>
    public static async Task<HttpResult> ChangeAsync(
        HttpClient http,
        Func<CancellationToken, Task<HttpRequestMessage>> request,
        Func<CancellationToken, Task> renewToken,
        Func<HttpResult, bool> refusesToken,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(renewToken);
        ArgumentNullException.ThrowIfNull(refusesToken);
        var answer = await ChangeAsync(http, await request(cancellationToken), time, cancellationToken);
        if (!refusesToken(answer))
            return answer;

        await renewToken(cancellationToken);
        return await ChangeAsync(http, await request(cancellationToken), time, cancellationToken);
    }

    private static async Task<HttpResult> SendAsync(
        HttpClient http, HttpRequestMessage request, MemoryStream body, bool isChange, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(time);
        using (request)
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var content = await CopyAsync(stream, body, cancellationToken) ? await DecompressAsync(response, body, cancellationToken) : null;
            return new HttpResult(response, content, isChange, time);
        }
    }

    /// <summary>Copies a stream; returns false if it is too long.</summary>
    private static async Task<bool> CopyAsync(Stream from, MemoryStream to, CancellationToken cancellationToken)
    {
        var piece = new byte[16 << 10];
        int read;
        while ((read = await from.ReadAsync(piece, cancellationToken)) > 0)
        {
            if (to.Length + read > MaxBytes)
                return false;
            await to.WriteAsync(piece.AsMemory(0, read), cancellationToken);
        }

        return true;
    }

    /// <summary>
    /// Returns the content without its compression, which some systems apply without being asked, and some without declaring it. Content that is
    /// not in the declared format is returned unchanged.
    /// </summary>
    private static async Task<byte[]?> DecompressAsync(HttpResponseMessage response, MemoryStream body, CancellationToken cancellationToken)
    {
        var content = body.ToArray();
        Func<Stream, Stream>? open = (response.Content.Headers.ContentEncoding.LastOrDefault()?.ToLowerInvariant(), content) switch
        {
            (_, [0x1F, 0x8B, ..]) => static s => new GZipStream(s, CompressionMode.Decompress),
            ("deflate", [0x78, ..]) => static s => new ZLibStream(s, CompressionMode.Decompress),
            ("deflate", [_, ..]) => static s => new DeflateStream(s, CompressionMode.Decompress),
            ("br", [_, ..]) => static s => new BrotliStream(s, CompressionMode.Decompress),
            _ => null,
        };
        if (open is null)
            return content;

        try
        {
            await using var plain = open(new MemoryStream(content, writable: false));
            using var result = new MemoryStream();
            return await CopyAsync(plain, result, cancellationToken) ? result.ToArray() : null;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            return content;
        }
    }

    private static string Describe(Exception e) => e.InnerException is { } inner ? $"{e.Message} ({inner.Message})" : e.Message;
}
