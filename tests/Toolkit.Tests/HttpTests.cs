using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Serialization;
using PluginGateway.Adapters.Toolkit.Http;
using PluginGateway.Contracts;

namespace PluginGateway.Adapters.Toolkit.Tests;

public sealed class HttpTests
{
    [Theory]
    [InlineData(401, null, FailureKind.Misconfigured, false)]
    [InlineData(403, "no", FailureKind.Misconfigured, false)]
    [InlineData(301, null, FailureKind.Misconfigured, false)]
    [InlineData(429, null, FailureKind.Transient, true)]
    [InlineData(400, "no such street", FailureKind.Rejected, false)]
    [InlineData(400, null, FailureKind.Transient, false)]
    [InlineData(404, "", FailureKind.Transient, false)]
    [InlineData(422, "too long", FailureKind.Rejected, false)]
    [InlineData(500, "oops", FailureKind.Transient, false)]
    public async Task Refusal_of_a_read_classifies_every_status(int status, string? message, FailureKind kind, bool slowDown)
    {
        var answer = await ReadAsync((HttpStatusCode)status, "");

        var e = answer.Refusal(message);

        Assert.Equal((kind, slowDown), (e.Kind, e.SlowDown));
    }

    // After a creating call only a clear answer counts. The last column: whether sending stops, because the settings seem to be wrong too.
    [Theory]
    [InlineData(401, null, FailureKind.Misconfigured, false)]
    [InlineData(401, "no", FailureKind.Misconfigured, false)]
    [InlineData(403, "no", FailureKind.Misconfigured, false)]
    [InlineData(403, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(405, "no", FailureKind.Misconfigured, false)]
    [InlineData(405, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(301, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(302, "moved", FailureKind.OutcomeUnknown, true)]
    [InlineData(303, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(307, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(400, "no such street", FailureKind.Rejected, false)]
    [InlineData(400, null, FailureKind.OutcomeUnknown, false)]
    [InlineData(404, "no such service", FailureKind.Rejected, false)]
    [InlineData(404, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(409, "already there", FailureKind.Rejected, false)]
    [InlineData(409, null, FailureKind.OutcomeUnknown, false)]
    [InlineData(410, null, FailureKind.OutcomeUnknown, true)]
    [InlineData(413, null, FailureKind.Rejected, false)]
    [InlineData(422, "too long", FailureKind.Rejected, false)]
    [InlineData(429, null, FailureKind.Transient, false)]
    [InlineData(500, "oops", FailureKind.OutcomeUnknown, false)]
    [InlineData(500, null, FailureKind.OutcomeUnknown, false)]
    [InlineData(501, null, FailureKind.OutcomeUnknown, false)]
    [InlineData(503, null, FailureKind.Transient, false)]
    public async Task Refusal_of_a_creating_call_classifies_every_status(int status, string? message, FailureKind kind, bool stopSending)
    {
        var e = (await ChangeAsync((HttpStatusCode)status, "<p>Case 4711</p>")).Refusal(message);

        Assert.Equal((kind, stopSending), (e.Kind, e.StopSending));
        Assert.Contains("Case 4711", e.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(408)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task Creating_call_whose_proxy_gave_up_has_an_unknown_outcome(int status)
    {
        var e = await Assert.ThrowsAsync<AdapterException>(() => ChangeAsync((HttpStatusCode)status, "Case 4711"));

        Assert.Equal((FailureKind.OutcomeUnknown, false), (e.Kind, e.StopSending));
        Assert.Contains("Case 4711", e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unreadable_response_is_unknown_after_a_creating_call_and_transient_after_a_read()
    {
        var changed = (await ChangeAsync(HttpStatusCode.OK, "\n <!DOCTYPE HTML><title>Sign in</title>")).Unreadable("no JSON");
        var read = (await ReadAsync(HttpStatusCode.OK, "<html/>")).Unreadable("no JSON");
        var other = (await ChangeAsync(HttpStatusCode.OK, "OK")).Unreadable("no JSON");

        // A system that is being maintained often answers with a page and status 200.
        Assert.Equal((FailureKind.OutcomeUnknown, false), (changed.Kind, changed.StopSending));
        Assert.Equal((FailureKind.Transient, false), (read.Kind, read.StopSending));
        Assert.Equal((FailureKind.OutcomeUnknown, false), (other.Kind, other.StopSending));
    }

    [Fact]
    public async Task Refused_token_is_renewed_once_and_the_call_repeated_once()
    {
        var (token, renewed, calls) = ("old", 0, new List<string>());
        using var http = new HttpClient(new AnsweringHandler((HttpStatusCode.Unauthorized, "text/plain", "")));

        var answer = await HttpCalls.ChangeAsync(
            http,
            _ =>
            {
                calls.Add(token);
                return Task.FromResult(new HttpRequestMessage(HttpMethod.Post, "http://x/"));
            },
            _ =>
            {
                (token, renewed) = ("new", renewed + 1);
                return Task.CompletedTask;
            },
            a => a.Status == HttpStatusCode.Unauthorized,
            TimeProvider.System,
            default);

        Assert.Equal(FailureKind.Misconfigured, answer.Refusal().Kind);
        Assert.Equal(["old", "new"], calls);
        Assert.Equal(1, renewed);
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip", "x-gzip")]
    [InlineData("gzip", null)]
    [InlineData("zlib", "deflate")]
    [InlineData("deflate", "deflate")]
    [InlineData("br", "br")]
    [InlineData("none", "gzip")]
    [InlineData("none", "br")]
    public async Task Compression_that_was_not_requested_is_removed(string format, string? declared)
    {
        var body = new MemoryStream();
        await using (Stream? stream = format switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Compress, leaveOpen: true),
            "zlib" => new ZLibStream(body, CompressionMode.Compress, leaveOpen: true),
            "deflate" => new DeflateStream(body, CompressionMode.Compress, leaveOpen: true),
            "br" => new BrotliStream(body, CompressionMode.Compress, leaveOpen: true),
            _ => null,
        })
            await (stream ?? body).WriteAsync("<id>4711</id>"u8.ToArray());

        using var http = new HttpClient(new AnsweringHandler(HttpStatusCode.OK, "text/xml", body.ToArray(), r =>
        {
            if (declared is not null)
                r.Content.Headers.ContentEncoding.Add(declared);
        }));
        var answer = await HttpCalls.ChangeAsync(http, new HttpRequestMessage(HttpMethod.Post, "http://x/"), TimeProvider.System, default);

        Assert.Equal("<id>4711</id>", answer.Text);
    }

    [Fact]
    public async Task Compressed_response_over_the_size_limit_has_no_body()
    {
        var compressed = new MemoryStream();
        await using (var stream = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            await stream.WriteAsync(new byte[HttpCalls.MaxBytes + 1]);
        using var http = new HttpClient(new AnsweringHandler(HttpStatusCode.OK, "text/xml", compressed.ToArray()));

        Assert.Null((await HttpCalls.ReadAsync(http, new HttpRequestMessage(HttpMethod.Get, "http://x/"), TimeProvider.System, default)).Body);
    }

    [Fact]
    public async Task Excerpt_is_one_line_of_at_most_2048_characters()
    {
        var answer = await ReadAsync(HttpStatusCode.OK, "Case\r\n\t4711\u0000 " + new string('x', 5_000));

        Assert.StartsWith("Case 4711 xxx", answer.Excerpt, StringComparison.Ordinal);
        Assert.Equal(HttpResult.MaxExcerptLength, answer.Excerpt.Length);
    }

    [Fact]
    public async Task Connection_that_is_reset_while_it_is_established_sends_nothing()
    {
        using var http = new HttpClient(new AnsweringHandler((HttpStatusCode.OK, "text/xml", ""), _ => throw new SocketException((int)SocketError.NotConnected)));

        foreach (var call in new Func<HttpClient, HttpRequestMessage, TimeProvider, CancellationToken, Task<HttpResult>>[] { HttpCalls.ChangeAsync, HttpCalls.ReadAsync })
        {
            var e = await Assert.ThrowsAsync<AdapterException>(() => call(http, new HttpRequestMessage(HttpMethod.Post, "http://x/"), TimeProvider.System, default));
            Assert.Equal(FailureKind.Transient, e.Kind);
        }
    }

    [Fact]
    public async Task Truncated_response_to_a_creating_call_keeps_what_arrived()
    {
        using var http = new HttpClient(new TruncatingHandler("<id>4711</id><no"));

        var e = await Assert.ThrowsAsync<AdapterException>(
            () => HttpCalls.ChangeAsync(http, new HttpRequestMessage(HttpMethod.Post, "http://x/"), TimeProvider.System, default));

        Assert.Equal(FailureKind.OutcomeUnknown, e.Kind);
        Assert.Contains("<id>4711</id>", e.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_after_header_is_returned_as_a_wait()
    {
        using var http = new HttpClient(new AnsweringHandler((HttpStatusCode.ServiceUnavailable, "text/plain", ""), r => r.Headers.Add("Retry-After", "90")));

        Assert.Equal(
            TimeSpan.FromSeconds(90),
            (await HttpCalls.ReadAsync(http, new HttpRequestMessage(HttpMethod.Get, "http://x/"), TimeProvider.System, default)).Refusal().RetryAfter);
    }

    [Fact]
    public async Task Json_is_parsed_and_invalid_json_classified()
    {
        Assert.Equal("a", JsonCalls.Read(await ChangeAsync(HttpStatusCode.OK, """{ "Id": "a" }"""), TestJson.Default.Case).Id);
        Assert.Equal("""{"Id":"a"}""", await JsonCalls.Content(new Case("a"), TestJson.Default.Case).ReadAsStringAsync());
        foreach (var body in new[] { "", "<html/>", "null", """{ "Id": """ })
        {
            var (changed, read) = (await ChangeAsync(HttpStatusCode.OK, body), await ReadAsync(HttpStatusCode.OK, body));
            Assert.Equal(FailureKind.OutcomeUnknown, Assert.Throws<AdapterException>(() => JsonCalls.Read(changed, TestJson.Default.Case)).Kind);
            Assert.Equal(FailureKind.Transient, Assert.Throws<AdapterException>(() => JsonCalls.Read(read, TestJson.Default.Case)).Kind);
        }

        var refused = await ChangeAsync(HttpStatusCode.BadRequest, """{ "error": "no such street" }""");
        var e = Assert.Throws<AdapterException>(
            () => JsonCalls.Read(refused, TestJson.Default.Case, json => json.GetProperty("error").GetString()));
        Assert.Equal((FailureKind.Rejected, "no such street"), (e.Kind, e.Message));
    }

    [Fact]
    public async Task Response_over_the_size_limit_has_no_body() =>
        Assert.Null((await ReadAsync(HttpStatusCode.OK, new string('x', HttpCalls.MaxBytes + 1))).Body);

    private static async Task<HttpResult> ChangeAsync(HttpStatusCode status, string body)
    {
        using var http = new HttpClient(new AnsweringHandler((status, "application/json", body)));
        return await HttpCalls.ChangeAsync(http, new HttpRequestMessage(HttpMethod.Post, "http://x/"), TimeProvider.System, default);
    }

    private static async Task<HttpResult> ReadAsync(HttpStatusCode status, string body)
    {
        using var http = new HttpClient(new AnsweringHandler((status, "application/json", body)));
        return await HttpCalls.ReadAsync(http, new HttpRequestMessage(HttpMethod.Get, "http://x/"), TimeProvider.System, default);
    }
}

internal sealed record Case(string Id);

/// <summary>Answers with a body that breaks off.</summary>
internal sealed class TruncatingHandler(string start) : HttpMessageHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StreamContent(new BreakingStream(start)),
        });

    private sealed class BreakingStream(string start) : MemoryStream(Encoding.UTF8.GetBytes(start), writable: false)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            await base.ReadAsync(buffer, cancellationToken) is > 0 and var read ? read : throw new IOException("The connection was reset.");
    }
}

[JsonSerializable(typeof(Case))]
internal sealed partial class TestJson : JsonSerializerContext;
