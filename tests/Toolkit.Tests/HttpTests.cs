using System.Net;
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
    public async Task Refusal_classifies_every_status(int status, string? message, FailureKind kind, bool slowDown)
    {
        var answer = await ReadAsync((HttpStatusCode)status, "");

        var e = answer.Refusal(message);

        Assert.Equal((kind, slowDown), (e.Kind, e.SlowDown));
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
        Assert.Equal("a", JsonCalls.Read(await ReadAsync(HttpStatusCode.OK, """{ "Id": "a" }"""), TestJson.Default.Case, created: true).Id);
        Assert.Equal("""{"Id":"a"}""", await JsonCalls.Content(new Case("a"), TestJson.Default.Case).ReadAsStringAsync());
        foreach (var body in new[] { "", "<html/>", "null", """{ "Id": """ })
        {
            var answer = await ReadAsync(HttpStatusCode.OK, body);
            Assert.Equal(FailureKind.OutcomeUnknown, Assert.Throws<AdapterException>(() => JsonCalls.Read(answer, TestJson.Default.Case, created: true)).Kind);
            Assert.Equal(FailureKind.Transient, Assert.Throws<AdapterException>(() => JsonCalls.Read(answer, TestJson.Default.Case, created: false)).Kind);
        }

        var refused = await ReadAsync(HttpStatusCode.BadRequest, """{ "error": "no such street" }""");
        var e = Assert.Throws<AdapterException>(
            () => JsonCalls.Read(refused, TestJson.Default.Case, created: true, json => json.GetProperty("error").GetString()));
        Assert.Equal((FailureKind.Rejected, "no such street"), (e.Kind, e.Message));
    }

    [Fact]
    public async Task Response_over_the_size_limit_has_no_body() =>
        Assert.Null((await ReadAsync(HttpStatusCode.OK, new string('x', HttpCalls.MaxBytes + 1))).Body);

    private static async Task<HttpResult> ReadAsync(HttpStatusCode status, string body)
    {
        using var http = new HttpClient(new AnsweringHandler((status, "application/json", body)));
        return await HttpCalls.ReadAsync(http, new HttpRequestMessage(HttpMethod.Get, "http://x/"), TimeProvider.System, default);
    }
}

internal sealed record Case(string Id);

[JsonSerializable(typeof(Case))]
internal sealed partial class TestJson : JsonSerializerContext;
