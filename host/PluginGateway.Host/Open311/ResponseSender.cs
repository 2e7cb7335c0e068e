using System.Globalization;
using System.IO.Pipelines;
using PluginGateway.Core.Clients;

namespace PluginGateway.Host.Open311;

/// <summary>Sends a response: status, headers, and the body directly into the buffer of the server.</summary>
internal static class ResponseSender
{
    /// <summary>A long list is sent in chunks of about this size.</summary>
    private const int ChunkSize = 32 << 10;

    public static async Task SendAsync(HttpContext http, Open311Target target, Open311Response answer, Open311Options options)
    {
        var response = http.Response;
        response.StatusCode = answer.Status;
        Headers(http, target, answer, options);
        var body = response.BodyWriter;
        switch (answer)
        {
            case Open311Response.Ready ready:
                await SendReadyAsync(http, target, ready);
                return;
            case Open311Response.Empty:
                return;
            case Open311Response.File file:
                response.ContentType = file.ContentType;
                response.ContentLength = file.Body.Length;
                await body.WriteAsync(file.Body, http.RequestAborted);
                return;
            case Open311Response.Html html:
                response.ContentType = "text/html; charset=utf-8";
                await body.WriteAsync(html.Body, http.RequestAborted);
                return;
            case Open311Response.Failed failed:
                response.ContentType = ContentType(target.Format);
                Complete(Writer(target.Format, body, answer.Profile), writer => Errors(writer, failed));
                break;
            case Open311Response.Written written:
                response.ContentType = ContentType(target.Format);
                Complete(Writer(target.Format, body, answer.Profile), written.Write);
                break;
            case IPaged paged:
                response.ContentType = ContentType(target.Format);
                await SendPagesAsync(body, Writer(target.Format, body, answer.Profile), paged, http.RequestAborted);
                break;
            case IListed listed:
                response.ContentType = ContentType(target.Format);
                await SendListAsync(body, Writer(target.Format, body, answer.Profile), listed, http.RequestAborted);
                break;
        }

        await body.FlushAsync(http.RequestAborted);
    }

    public static ResponseWriter Writer(ResponseFormat format, System.Buffers.IBufferWriter<byte> output, ClientProfile profile) =>
        format == ResponseFormat.Json ? new JsonResponseWriter(output, profile.HasFlag(ClientProfile.Nulls)) : new XmlResponseWriter(output);

    public static void Complete(ResponseWriter writer, Action<ResponseWriter> write)
    {
        write(writer);
        writer.Complete();
    }

    private static void Errors(ResponseWriter writer, Open311Response.Failed failed)
    {
        writer.StartList("errors", "error");
        foreach (var error in failed.Errors)
        {
            writer.StartItem();
            writer.Number("code", failed.Profile.HasFlag(ClientProfile.Codes) ? error.Code : failed.Status);
            writer.Text("description", error.Description);
            writer.EndItem();
        }

        writer.EndList();
    }

    private static async Task SendListAsync(PipeWriter body, ResponseWriter writer, IListed listed, CancellationToken ct)
    {
        listed.Start(writer);
        for (var i = 0; i < listed.Count; i++)
        {
            listed.WriteOne(writer, i);
            if (i % 32 == 31)
            {
                writer.Complete();
                if (body.UnflushedBytes > ChunkSize)
                    await body.FlushAsync(ct);
            }
        }

        writer.EndList();
        writer.Complete();
    }

    private static async Task SendPagesAsync(PipeWriter body, ResponseWriter writer, IPaged paged, CancellationToken ct)
    {
        var count = 0;
        await paged.SendAsync(
            writer,
            async () =>
            {
                if (++count % 32 != 0)
                    return;
                writer.Complete();
                if (body.UnflushedBytes > ChunkSize)
                    await body.FlushAsync(ct);
            });
        writer.Complete();
    }

    private static async Task SendReadyAsync(HttpContext http, Open311Target target, Open311Response.Ready ready)
    {
        var headers = http.Response.Headers;
        headers.ETag = ready.Rendered.ETag;
        headers.LastModified = ready.Rendered.LastModified;
        headers.CacheControl = "no-cache";
        if (ready.Stale)
            headers["X-Stale"] = "true";
        if (http.Request.Headers.IfNoneMatch.Any(tags => tags is not null && (tags == "*" || tags.Contains(ready.Rendered.ETag, StringComparison.Ordinal))))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = ContentType(target.Format);
        http.Response.ContentLength = ready.Rendered.Body.Length;
        await http.Response.BodyWriter.WriteAsync(ready.Rendered.Body, http.RequestAborted);
    }

    private static void Headers(HttpContext http, Open311Target target, Open311Response answer, Open311Options options)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (options.AllowOrigin.Length > 0 && !HttpMethods.IsPost(http.Request.Method))
            headers.AccessControlAllowOrigin = options.AllowOrigin;
        if (answer.RetryAfter is { } after)
            headers.RetryAfter = Math.Ceiling(after.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (answer.Warning is { } warning)
            headers["X-Warning"] = warning;
        if (answer.Next is { } next)
            headers.Link = $"<{next}>; rel=\"next\"";
        if (answer.Status is StatusCodes.Status405MethodNotAllowed or StatusCodes.Status204NoContent)
            headers.Allow = target.AllowsPost ? "GET, HEAD, POST" : "GET, HEAD";
        if (answer.Status == StatusCodes.Status204NoContent)
            headers.AccessControlAllowMethods = "GET, HEAD";
    }

    private static string ContentType(ResponseFormat format) => format == ResponseFormat.Json ? "application/json; charset=utf-8" : "text/xml; charset=utf-8";
}
