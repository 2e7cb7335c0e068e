using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>Tests who sees cases that only the council's system has, and where a key may stand.</summary>
public sealed class CouncilCaseTests : IAsyncLifetime
{
    private readonly GatewayApp _gateway = new("--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Trace");
    private readonly CollectingProvider _log = new();
    private StubOpen311 _council = null!;
    private int _asked;

    public async ValueTask InitializeAsync()
    {
        _council = await StubOpen311.StartAsync();
        _council.Pages["requests.xml"] = http => AnswerAsync(http);
        Built.Drop("Open311", _gateway.Plugins);
        await _gateway.Change(services => services.AddSingleton<ILoggerProvider>(_log))
            .Council("stub", Some.Open311Council("stub", _council.Endpoint)).Council("other", Some.EmailCouncil("other")).StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
        _log.Dispose();
    }

    [Theory]
    [InlineData("requests/77.xml?jurisdiction_id=stub")]
    [InlineData("requests/77.xml?jurisdiction_id=stub&api_key=wrong")]
    [InlineData("requests/77.xml?jurisdiction_id=stub&extensions=true")]
    public async Task Case_of_the_council_is_not_fetched_for_a_caller_without_a_key(string call)
    {
        Assert.Equal((HttpStatusCode.NotFound, 0), ((await _gateway.GetAsync(call)).Status, _asked));
        Assert.Empty((await _gateway.GetAsync("requests.xml?jurisdiction_id=stub&service_request_id=77,78")).Xml.Elements());
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Case_of_the_council_is_shown_to_a_client_with_a_key_and_says_whether_it_is_public()
    {
        var shown = (await _gateway.GetAsync($"requests.xml?jurisdiction_id=stub&extensions=true&service_request_id=77,78&api_key={GatewayApp.Key}")).Xml;

        Assert.Equal(["77 true", "78 false"], shown.Elements("request").Select(r =>
            $"{r.Element("service_request_id")!.Value} {r.Element("extended_attributes")!.Element("private")!.Value}"));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task Key_for_another_council_opens_nothing()
    {
        await _gateway.Get<PluginGateway.Core.Clients.ApiKeys>().AddAsync("b", "other-key", ["other"], "reports", default, null, default);

        Assert.Equal(HttpStatusCode.NotFound, (await _gateway.GetAsync("requests/77.xml?jurisdiction_id=stub&api_key=other-key")).Status);
        Assert.Equal(0, _asked);
    }

    [Fact]
    public async Task Case_of_a_private_report_of_another_client_is_hidden_under_each_of_its_ids()
    {
        var keys = _gateway.Get<PluginGateway.Core.Clients.ApiKeys>();
        await keys.AddAsync("b", "other-key", [], "reports", default, null, default);
        // The published id has the prefix of the back end; the pattern also recognises the council's own id.
        _gateway.Council("prefixed", Some.Open311Council("prefixed", _council.Endpoint, backEndMore: "\"prefix\": \"X-\", \"idPattern\": \"CASE-[0-9]+\","));
        await Eventually.TrueAsync(
            async () => (await _gateway.GetAsync("services.xml?jurisdiction_id=prefixed")).Status == HttpStatusCode.OK, "the council is live");
        Assert.Equal("X-CASE-1", (await _gateway.PostAsync("prefixed", Some.Report("X-BIN"))).Id);
        await _gateway.Get<PluginGateway.Core.Storage.IDatabase>().WriteAsync(db => db.ExecuteAsync("UPDATE report SET private = 1"), default);

        foreach (var ids in new[] { "CASE-1", "X-CASE-1,CASE-1", "X-CASE-1" })
            Assert.Empty((await _gateway.GetAsync($"requests.xml?jurisdiction_id=prefixed&api_key=other-key&service_request_id={ids}")).Xml.Elements());
        Assert.Equal(0, _asked);
        foreach (var id in new[] { "CASE-1", "X-CASE-1" })
            Assert.Equal(
                HttpStatusCode.NotFound,
                (await _gateway.PostAsync(
                    "servicerequestupdates.xml", "prefixed", ("service_request_id", id), ("update_id", "1"), ("status", "OPEN"), ("api_key", "other-key"))).Status);
        Assert.Empty(_council.Updates);
    }

    [Fact]
    public async Task Key_in_the_path_works_and_is_in_no_link_or_log()
    {
        var root = $"{_gateway.Address.GetLeftPart(UriPartial.Authority)}/open311/stub/key/{GatewayApp.Key}/v2";
        Assert.Equal("77", (await GetAsync($"{root}/requests/77.xml")).Xml.Element("request")!.Element("service_request_id")!.Value);
        for (var i = 0; i < 3; i++)
            Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("stub", Some.Report())).Status);

        var page = await GetAsync($"{root}/requests.xml?page_size=2&api_key=ignored");
        var next = new Uri(new Uri($"{root}/requests.xml"), page.Headers["Link"].Split('<', '>')[1]);
        var second = await GetAsync(next.AbsoluteUri);
        var wrong = await GetAsync($"{root.Replace(GatewayApp.Key, "wrong", StringComparison.Ordinal)}/requests/77.xml");
        var malformed = await GetAsync($"{root}/nothing");
        await RawHttp.SendAsync(_gateway.Address, $"GET /open311/stub/key/{GatewayApp.Key}/v2/requests/%00.xml HTTP/1.1\nHost: x\nConnection: close", []);

        Assert.Equal((2, 1), (page.Xml.Elements().Count(), second.Xml.Elements().Count()));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (wrong.Status, malformed.Status));
        foreach (var answer in new[] { page, second, wrong, malformed })
            Assert.DoesNotContain(GatewayApp.Key, answer.Body + string.Join('\n', answer.Headers.Values), StringComparison.Ordinal);
        Assert.NotEmpty(_log.Lines);
        Assert.DoesNotContain(_log.Lines, l => l.Contains(GatewayApp.Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Link_to_the_next_page_omits_a_key_in_the_query()
    {
        for (var i = 0; i < 2; i++)
            await _gateway.PostAsync("stub", Some.Report());

        var page = await _gateway.GetAsync($"requests.xml?jurisdiction_id=stub&api_key={GatewayApp.Key}&page_size=1&status=open");

        Assert.Equal("<?jurisdiction_id=stub&page_size=1&status=open&page=2>; rel=\"next\"", page.Headers["Link"]);
    }

    private async Task<HttpReply> GetAsync(string address)
    {
        using var response = await _gateway.Http.GetAsync(new Uri(address));
        return await HttpReply.ReadAsync(response);
    }

    private Task AnswerAsync(HttpContext http)
    {
        _asked++;
        return http.Response.WriteAsync(
            "<service_requests>" + string.Concat(http.Request.Query["service_request_id"].ToString().Split(',').Select(id =>
                $"<request><service_request_id>{id}</service_request_id><status>open</status><service_code>BIN</service_code><description>Ann's bin</description>"
                    + $"<requested_datetime>2026-11-01T00:00:00Z</requested_datetime><non_public>{(id == "77" ? 1 : 0)}</non_public></request>"))
                + "</service_requests>");
    }
}
