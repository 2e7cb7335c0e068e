using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Core.Clients;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>Tests the limits of calls, connections, bodies and queues.</summary>
public sealed class CallLimitTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 11, 22, 9, 0, 5, TimeSpan.Zero));
    private GatewayApp _gateway = null!;

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Reads_with_a_key_are_limited_for_each_key_and_minute()
    {
        await StartAsync("--Limits:ReadsPerKey=3");
        await _gateway.Get<ApiKeys>().AddAsync("other", "other-key", [], ApiKeys.Reports, ClientProfile.None, null, default);

        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await GetAsync(GatewayApp.Key)).Status);
        var refused = await GetAsync(GatewayApp.Key, "requests.json");

        Assert.Equal((HttpStatusCode.TooManyRequests, "55"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.Equal("application/json; charset=utf-8", refused.ContentType);
        Assert.Equal(429, refused.Json[0].GetProperty("code").GetInt32());
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("other-key")).Status);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync()).Status);

        _clock.Advance(TimeSpan.FromSeconds(55));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(GatewayApp.Key)).Status);
    }

    [Fact]
    public async Task Posts_with_a_key_are_limited_and_lose_nothing()
    {
        await StartAsync("--Limits:PostsPerKey=2");

        foreach (var expected in new[] { 200, 200, 429 })
            Assert.Equal(expected, await StatusAsync());
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, await StatusAsync());
        Assert.Equal(3, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report"));

        async Task<int> StatusAsync() => (int)(await PostAsync()).Status;
    }

    [Fact]
    public async Task Calls_without_a_valid_key_are_limited_by_their_address()
    {
        await StartAsync("--Limits:CallsPerAddress=3", "--Limits:ServiceCallsPerAddress=5");

        var statuses = new List<int>();
        foreach (var key in new[] { "", "wrong", "wrong-too", "", GatewayApp.Key })
            statuses.Add((int)(await GetAsync(key)).Status);
        Assert.Equal([200, 200, 200, 429, 200], statuses);

        // Posts are counted separately, and services too: the definitions of a council's services are fetched one after the other.
        foreach (var expected in new[] { 403, 403, 403, 429 })
            Assert.Equal(expected, (int)(await PostAsync("no")).Status);
        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync("services/BIN.xml?jurisdiction_id=one")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await _gateway.GetAsync("services/BIN.xml?jurisdiction_id=one")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync($"services/BIN.xml?jurisdiction_id=one&api_key={GatewayApp.Key}")).Status);
    }

    [Fact]
    public async Task Client_that_sends_its_key_in_the_form_is_not_refused_because_it_reads_without_one()
    {
        await StartAsync("--Limits:CallsPerAddress=1");
        Assert.Equal(HttpStatusCode.OK, (await GetAsync("")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await GetAsync("")).Status);

        for (var i = 0; i < 5; i++)
            Assert.Equal(HttpStatusCode.OK, (await PostAsync()).Status);
    }

    [Theory]
    [InlineData("", 429)]
    [InlineData("192.0.2.0/24,10.0.0.9", 429)]
    [InlineData("127.0.0.0/8", 200)]
    [InlineData("127.0.0.1, 10.0.0.9", 200)]
    public async Task Stated_address_counts_only_if_a_known_proxy_states_it(string known, int expected)
    {
        await StartAsync("--Limits:CallsPerAddress=1", $"--Proxies:Known={known}");

        Assert.Equal(200, await FromAsync("203.0.113.1"));
        Assert.Equal(expected, await FromAsync("203.0.113.2"));
        // What a caller adds in front does not count: the proxy appends the address from which it was called.
        Assert.Equal(429, await FromAsync("203.0.113.9, 203.0.113.1"));

        async Task<int> FromAsync(string address)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{_gateway.V2}/requests.xml?jurisdiction_id=one"));
            request.Headers.Add("X-Forwarded-For", address);
            using var response = await _gateway.Http.SendAsync(request);
            return (int)response.StatusCode;
        }
    }

    [Fact]
    public async Task Calls_on_connections_beyond_the_limit_are_refused_in_the_requested_format_and_later_ones_served()
    {
        await StartAsync("--Limits:ConnectionsPerAddress=5");
        _gateway.Http.Dispose();
        var open = new List<TcpClient>();
        try
        {
            for (var i = 0; i < 5; i++)
                open.Add(await OpenAsync());
            Assert.StartsWith("HTTP/1.1 200", await CallAsync(open[4]), StringComparison.Ordinal);

            using var sixth = await OpenAsync();
            var refused = await CallAsync(sixth);
            Assert.StartsWith("HTTP/1.1 429", refused, StringComparison.Ordinal);
            Assert.Contains("Retry-After: 10\r\n", refused, StringComparison.Ordinal);
            Assert.Contains("[{\"code\":429", refused, StringComparison.Ordinal);

            for (var i = 0; i < 6; i++)
                open.Add(await OpenAsync());
            Assert.Equal("", await CallAsync(open[^1]));
        }
        finally
        {
            open.ForEach(c => c.Dispose());
        }

        await Eventually.TrueAsync(
            async () =>
            {
                using var later = await OpenAsync();
                return (await CallAsync(later)).StartsWith("HTTP/1.1 200", StringComparison.Ordinal);
            },
            "closed connections do not count");

        async Task<TcpClient> OpenAsync()
        {
            var client = new TcpClient();
            await client.ConnectAsync(_gateway.Address.Host, _gateway.Address.Port);
            return client;
        }
    }

    [Fact]
    public async Task Post_with_an_invalid_key_in_its_headers_is_refused_without_reading_its_body()
    {
        await StartAsync("--Limits:CallsPerAddress=2");

        foreach (var expected in new[] { 403, 403, 429 })
        {
            using var sent = new MemoryStream(new byte[8 << 20]);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{_gateway.V2}/requests.xml?jurisdiction_id=one"))
            {
                Content = new StreamContent(sent),
            };
            request.Headers.ExpectContinue = true;
            request.Headers.Add("X-Api-Key", "wrong");

            using var response = await _gateway.Http.SendAsync(request);

            Assert.Equal((expected, 0), ((int)response.StatusCode, sent.Position));
        }
    }

    [Fact]
    public async Task Reports_are_accepted_over_http_2()
    {
        await StartAsync("--Kestrel:EndpointDefaults:Protocols=Http2");
        using var http = new HttpClient { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var form = new FormUrlEncodedContent(
            Some.Report().Append(("api_key", GatewayApp.Key)).Select(f => KeyValuePair.Create(f.Item1, f.Item2)));

        using var response = await http.PostAsync(new Uri($"{_gateway.Address}open311/one/v2/requests.xml"), form);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Uploads_of_documents_are_limited_too()
    {
        await StartAsync("--Limits:CallsPerAddress=1");

        foreach (var expected in new[] { HttpStatusCode.Forbidden, HttpStatusCode.TooManyRequests })
        {
            using var content = new ByteArrayContent([1]);
            using var response = await _gateway.Http.PostAsync(new Uri("/documents/one/email", UriKind.Relative), content);
            Assert.Equal(expected, response.StatusCode);
        }
    }

    [Fact]
    public async Task Reports_and_updates_are_not_accepted_while_too_many_wait()
    {
        await StartAsync("--Limits:WaitingPerCouncil=2", "--Sending:Poll=00:01:00");
        await _gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>().PauseAsync(new("one", "", ""), "a test", "op", until: null, default);
        var first = await PostAsync();
        Assert.Equal(HttpStatusCode.OK, (await PostAsync()).Status);
        _clock.Advance(TimeSpan.FromSeconds(11));

        var refused = await PostAsync();
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "60"), (refused.Status, refused.Headers["Retry-After"]));
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable,
            (await _gateway.PostAsync(
                "servicerequestupdates.xml", "one", ("service_request_id", first.Id), ("update_id", "1"), ("status", "OPEN"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("two", Some.Report())).Status);
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report WHERE council = 'one'"));

        await _gateway.Get<Core.Storage.IDatabase>().WriteAsync(db => db.ExecuteAsync("UPDATE delivery SET state = 7"), default);
        _clock.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync()).Status);
    }

    private async Task StartAsync(params string[] limits)
    {
        _gateway = new GatewayApp(limits).Clock(_clock).Council("one", Some.EmailCouncil("one")).Council("two", Some.EmailCouncil("two"));
        await _gateway.StartAsync();
    }

    private Task<HttpReply> GetAsync(string key, string resource = "requests.xml") =>
        _gateway.GetAsync($"{resource}?jurisdiction_id=one{(key.Length == 0 ? "" : $"&api_key={key}")}");

    private Task<HttpReply> PostAsync(string key = GatewayApp.Key) => _gateway.PostAsync("one", [.. Some.Report(), ("api_key", key)]);

    /// <summary>Sends a call on an open connection; returns an empty text if the gateway has closed it.</summary>
    private static async Task<string> CallAsync(TcpClient client)
    {
        var answer = new StringBuilder();
        try
        {
            var stream = client.GetStream();
            await stream.WriteAsync("GET /open311/v2/requests.json?jurisdiction_id=one HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            var buffer = new byte[8 << 10];
            while (answer.Length == 0 || !answer.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                var read = await stream.ReadAsync(buffer);
                if (read == 0)
                    break;
                answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // The connection was reset.
        }

        return answer.ToString();
    }
}
