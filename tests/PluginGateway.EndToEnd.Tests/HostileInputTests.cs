using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests malicious input from outside: it is rejected or sanitised, and the process continues to answer.</summary>
public sealed class HostileInputTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new GatewayApp("--Sending:Retry:0=00:00:00.2").Council("one", Some.EmailCouncil("one"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM "
        + "\"file:///etc/passwd\">]><service_requests><request><service_request_id>&x;</service_request_id></request></service_requests>")]
    [InlineData("<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
        + "\"&b;&b;&b;&b;&b;&b;\">]><service_requests><request><service_request_id>&c;</service_request_id></request></service_requests>")]
    [InlineData("<html><body>Welcome</body></html>")]
    [InlineData("{\"service_request_id\": {\"a\": \"1\"}}")]
    [InlineData("<service_requests><request><service_request_id>1")]
    [InlineData("")]
    [InlineData("deep")]
    [InlineData("huge")]
    public async Task Malicious_response_of_a_back_end_is_never_read_as_an_id(string body)
    {
        await using var council = await StubOpen311.StartAsync();
        council.BeforeAnswer = async (http, _) =>
        {
            await http.Response.StartAsync();
            await http.Response.WriteAsync(body switch
            {
                "deep" => string.Concat(Enumerable.Repeat("<a>", 100_000)),
                "huge" => "<service_requests>" + new string(' ', 12 << 20) + "</service_requests>",
                _ => body,
            });
        };
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Council("c", Some.Open311Council("c", council.Endpoint)).StartAsync();

        var answer = await _gateway.PostAsync("c", Some.Report(reference: "1"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 5") == 1,
            "the report is held because the case may have been created");
        await AssertHealthy();
    }

    [Fact]
    public async Task Too_many_fields_are_rejected_in_the_requested_format()
    {
        await _gateway.StartAsync();

        var answer =
            await PostForm(string.Join('&', Enumerable.Range(0, 10_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"f{i}=1"))), "requests.json");

        Assert.Equal(
            (HttpStatusCode.BadRequest, "The request has more than 1024 fields."), (answer.Status, answer.Json[0].GetProperty("description").GetString()));
        await AssertHealthy();
    }

    [Fact]
    public async Task Overlong_field_or_name_is_rejected()
    {
        await _gateway.StartAsync();

        foreach (var body in new[] { "description=" + new string('x', 1 << 20), new string('k', 1 << 20) + "=1" })
            Assert.Equal(HttpStatusCode.BadRequest, (await PostForm(body)).Status);
        await AssertHealthy();
    }

    [Fact]
    public async Task Oversized_body_is_rejected_before_it_is_read_completely()
    {
        await _gateway.StartAsync();
        using var content = new StreamContent(new Zeros(200L << 20));
        content.Headers.ContentType = new("multipart/form-data") { Parameters = { new("boundary", "xYzZY") } };
        content.Headers.ContentLength = 200L << 20;
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_gateway.V2}/requests.xml")) { Content = content };
        request.Headers.ExpectContinue = true;

        using var response = await _gateway.Http.SendAsync(request);
        var answer = await HttpReply.ReadAsync(response);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.Status);
        Assert.Equal("The request is larger than 25 MB.", answer.Errors.Single());
        await AssertHealthy();
    }

    [Fact]
    public async Task Invalid_utf8_and_control_characters_are_sanitised()
    {
        await _gateway.StartAsync();
        var body = Encoding.ASCII.GetBytes($"api_key={GatewayApp.Key}&jurisdiction_id=one&service_code=BIN&lat=51.5&long=-0.1&description=")
            .Concat("a"u8.ToArray()).Concat([(byte)0xFF, (byte)0xC3])
            .Concat(Encoding.ASCII.GetBytes("bc%1Bd%ED%A0%80e")).ToArray();

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, "POST /open311/v2/requests.xml HTTP/1.1\nHost: x\nConnection: close\nContent-Type: application/x-www-form-urlencoded", body);

        Assert.True(status == 200, answer);
        var id = System.Xml.Linq.XDocument.Parse(answer).Root!.Value;
        var shown = (await _gateway.GetAsync($"requests/{id}.xml?jurisdiction_id=one")).Xml.Element("request")!.Element("description")!.Value;
        Assert.StartsWith("a\uFFFD", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(shown, char.IsControl);
        await _gateway.MailsAsync(1);
    }

    [Theory]
    [InlineData("/open311/v2/services/..%2f..%2f..%2fetc%2fpasswd.xml?jurisdiction_id=one", 404)]
    [InlineData("/open311/v2/services/%ff%fe.xml?jurisdiction_id=one", 404)]
    [InlineData("/open311/v2/requests.xml?jurisdiction_id=%00", 404)]
    [InlineData("/open311/v2/requests.xml?jurisdiction_id=one&service_request_id=%27%3B+DROP+TABLE+report%3B--", 200)]
    [InlineData("/open311/..%2f/v2/services.xml", 404)]
    public async Task Malformed_target_is_answered_with_a_valid_response(string target, int expected)
    {
        await _gateway.StartAsync();

        var (status, _, body) = await RawHttp.SendAsync(_gateway.Address, $"GET {target} HTTP/1.1\nHost: x\nConnection: close", []);

        Assert.Equal(expected, status);
        System.Xml.Linq.XDocument.Parse(body);
        await AssertHealthy();
    }

    [Fact]
    public async Task Nul_in_a_field_is_removed_and_the_report_accepted()
    {
        await _gateway.StartAsync();

        foreach (var field in new[] { "description=a%00b", "description=a\0b", "desc%00ription=ab", "%00description=ab%00%00" })
        {
            var answer = await PostForm($"api_key={GatewayApp.Key}&jurisdiction_id=one&service_code=BIN&lat=51.5&long=-0.1&{field}");
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            Assert.Equal("ab", (await _gateway.GetAsync($"requests/{answer.Id}.xml?jurisdiction_id=one")).Xml.Descendants("description").Single().Value);
        }
    }

    [Fact]
    public async Task Nul_in_a_long_form_is_rejected_with_a_message()
    {
        await _gateway.StartAsync();

        Assert.Equal(
            "A field contains a NUL character.",
            (await PostForm($"a={new string('x', 60_000)}&b={new string('x', 10_000)}&description=a%00b")).Errors.Single());
    }

    [Fact]
    public async Task Nul_in_the_path_is_rejected_by_the_server()
    {
        await _gateway.StartAsync();

        Assert.Equal(400, (await RawHttp.SendAsync(_gateway.Address, "GET /open311/v2/services/%00.xml HTTP/1.1\nHost: x\nConnection: close", [])).Status);
        await AssertHealthy();
    }

    [Fact]
    public async Task Body_over_the_size_limit_is_rejected_while_it_is_read()
    {
        await _gateway.StartAsync();
        using var content = new StreamContent(new Zeros(200L << 20));
        content.Headers.ContentType = new("application/x-www-form-urlencoded");

        // A client that is still sending may lose the response when the connection closes.
        try
        {
            using var response = await _gateway.Http.PostAsync(new Uri($"{_gateway.V2}/requests.xml"), content);
            Assert.InRange((int)response.StatusCode, 400, 413);
        }
        catch (HttpRequestException)
        {
            // The connection was closed.
        }

        await AssertHealthy();
    }

    [Theory]
    [InlineData("application/json", "{\"service_code\":\"BIN\"}", 415)]
    [InlineData("text/xml", "<!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><x>&y;</x>", 415)]
    [InlineData("multipart/form-data", "--x--", 400)]
    [InlineData("multipart/form-data; boundary=xYzZY", "--xYzZY\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1", 400)]
    public async Task Unsupported_bodies_are_rejected_with_a_message(string type, string body, int expected)
    {
        await _gateway.StartAsync();

        var (status, _, answer) = await RawHttp.SendAsync(
            _gateway.Address, $"POST /open311/v2/requests.json?api_key={GatewayApp.Key} HTTP/1.1\nHost: x\nConnection: close\nContent-Type: {type}",
            Encoding.UTF8.GetBytes(body));

        Assert.Equal(expected, status);
        Assert.StartsWith("[{\"code\":" + expected.ToString(CultureInfo.InvariantCulture), answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_or_too_large_files_are_rejected()
    {
        await _gateway.StartAsync();

        Assert.Equal("More than 10 files were sent.", (await PostFiles(11, 10)).Errors.Single());
        var large = await PostFiles(1, 16 << 20);
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "A file is larger than 15 MB."), (large.Status, large.Errors.Single()));
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM attachment"));
    }

    private async Task<HttpReply> PostFiles(int count, int bytes)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in Some.Report().Append(("api_key", GatewayApp.Key)).Append(("jurisdiction_id", "one")))
            form.Add(new StringContent(value), name);
        for (var i = 0; i < count; i++)
            form.Add(new ByteArrayContent(new byte[bytes]), "photo", "a.jpg");
        using var response = await _gateway.Http.PostAsync(new Uri($"{_gateway.V2}/requests.xml"), form);
        return await HttpReply.ReadAsync(response);
    }

    private async Task<HttpReply> PostForm(string body, string resource = "requests.xml")
    {
        using var content = new StringContent(body, Encoding.ASCII, "application/x-www-form-urlencoded");
        using var response = await _gateway.Http.PostAsync(new Uri($"{_gateway.V2}/{resource}"), content);
        return await HttpReply.ReadAsync(response);
    }

    private async Task AssertHealthy() => Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("one", Some.Report())).Status);

    /// <summary>A long stream of zeros that uses no memory.</summary>
    private sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, read);
            Position += read;
            return read;
        }

        public override void Flush()
        {
            // The stream is read-only.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
