using System.Net;
using System.Text;

namespace PluginGateway.Adapters.Open311.Tests;

/// <summary>Records the requests and returns configured responses.</summary>
internal sealed class Wire : HttpMessageHandler
{
    public List<string> Sent { get; } = [];

    public Dictionary<string, string> Pages { get; } = new(StringComparer.Ordinal);

    public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

    public string Answer { get; set; } = "";

    /// <summary>The bytes of the response, if they are not those of <see cref="Answer"/> in UTF-8.</summary>
    public byte[]? Bytes { get; set; }

    public string Type { get; set; } = "text/xml; charset=utf-8";

    public string? Location { get; set; }

    public string? RetryAfter { get; set; }

    public string? IdempotencyKey { get; private set; }

    public Exception? Failure { get; set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        lock (Sent)
            Sent.Add($"{request.Method} {request.RequestUri!.AbsoluteUri} ");
        if (request.Content is not null)
            Sent[^1] += await request.Content.ReadAsStringAsync(cancellationToken);
        IdempotencyKey = request.Headers.TryGetValues("Idempotency-Key", out var keys) ? keys.Single() : null;
        if (Failure is not null)
            throw Failure;

        var file = request.RequestUri.AbsolutePath["/v2/".Length..];
        var known = Pages.TryGetValue(file, out var page);
        var response = new HttpResponseMessage(known ? HttpStatusCode.OK : Status)
        {
            Content = new ByteArrayContent(known ? Encoding.UTF8.GetBytes(page!) : Bytes ?? Encoding.UTF8.GetBytes(Answer)),
        };
        response.Content.Headers.TryAddWithoutValidation("Content-Type", Type);
        if (Location is not null)
            response.Headers.TryAddWithoutValidation("Location", Location);
        if (RetryAfter is not null)
            response.Headers.TryAddWithoutValidation("Retry-After", RetryAfter);
        return response;
    }
}
