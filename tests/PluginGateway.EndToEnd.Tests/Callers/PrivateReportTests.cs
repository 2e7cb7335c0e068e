using System.Net;
using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Updates;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Callers;

/// <summary>Tests which clients see and update reports in private services.</summary>
public sealed class PrivateReportTests : IAsyncLifetime
{
    private const string Council = """
        {
          "jurisdictionId": "one", "name": "One",
          "backends": { "email": { "adapter": "email", "settings": { "to": "a@one.example" } } },
          "services": [
            { "code": "BIN", "name": "Bin" }, { "code": "ABUSE", "name": "Abuse", "keywords": ["private"] },
            { "code": "TOKEN", "name": "Token", "type": "batch", "keywords": ["private"] } ]
        }
        """;

    private const string Second = "second-key";
    private const string Trusted = "trusted-key";

    private readonly GatewayApp _gateway = new GatewayApp().Council("one", Council);

    public async ValueTask InitializeAsync()
    {
        await _gateway.StartAsync();
        await _gateway.Get<ApiKeys>().AddAsync("second", Second, [], ApiKeys.Reports, ClientProfile.None, null, default);
        await _gateway.Get<ApiKeys>().AddAsync("trusted", Trusted, [], "reports,private", ClientProfile.None, null, default);
    }

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Theory]
    [InlineData("", false)]
    [InlineData("wrong", false)]
    [InlineData(Second, false)]
    [InlineData(GatewayApp.Key, true)]
    [InlineData(Trusted, true)]
    public async Task Private_report_is_seen_by_its_client_and_by_keys_with_the_scope(string key, bool isSeen)
    {
        var open = (await _gateway.PostAsync("one", Some.Report())).Id;
        var hidden = (await _gateway.PostAsync("one", Some.Report("ABUSE"))).Id;

        Assert.Equal(isSeen ? [hidden, open] : [open], await IdsAsync($"requests.xml?jurisdiction_id=one&api_key={key}"));
        Assert.Equal(isSeen ? [open, hidden] : [open], await IdsAsync($"requests.xml?jurisdiction_id=one&api_key={key}&service_request_id={open},{hidden}"));
        Assert.Equal(
            isSeen ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await _gateway.GetAsync($"requests/{hidden}.xml?jurisdiction_id=one&api_key={key}")).Status);
    }

    [Theory]
    [InlineData(Second, false)]
    [InlineData(GatewayApp.Key, true)]
    [InlineData(Trusted, true)]
    public async Task Private_report_is_updated_by_its_client_and_by_keys_with_the_scope(string key, bool isAllowed)
    {
        var hidden = (await _gateway.PostAsync("one", Some.Report("ABUSE"))).Id;

        var answer = await _gateway.PostAsync(
            "servicerequestupdates.xml", "one", ("service_request_id", hidden), ("update_id", "1"), ("status", "OPEN"), ("description", "Still there"),
            ("api_key", key));

        Assert.Equal(isAllowed ? HttpStatusCode.OK : HttpStatusCode.NotFound, answer.Status);
        Assert.Equal(isAllowed ? 1 : 0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM client_update"));
    }

    [Fact]
    public async Task Updates_are_shown_like_their_reports()
    {
        var (open, hidden) = ((await _gateway.PostAsync("one", Some.Report())).Id, (await _gateway.PostAsync("one", Some.Report("ABUSE"))).Id);
        await _gateway.MailsAsync(2);

        var backEnd = _gateway.Get<CouncilDirectory>().Current.FindBackEnd("one", "email")!;
        var now = TimeProvider.System.GetUtcNow().AddSeconds(-2);
        await _gateway.Get<CouncilUpdateStore>().AddAsync(
            backEnd,
            [.. new[] { open, hidden, "council-only" }.Select((id, i) => new CouncilUpdate
            {
                UpdateId = id, BackEndId = id, Status = "fixed", OccurredAt = now.AddMilliseconds(i), Description = "Done",
            })],
            baseline: false, 0, again: false, default);

        Assert.Equal([open], await UpdatedAsync(""));
        Assert.Equal([open, "council-only"], await UpdatedAsync(Second));
        Assert.Equal([open, hidden, "council-only"], await UpdatedAsync(GatewayApp.Key));
        Assert.Equal([open, hidden, "council-only"], await UpdatedAsync(Trusted));
    }

    [Fact]
    public async Task Token_of_a_private_report_is_not_resolved_for_another_client()
    {
        var token = (await _gateway.PostAsync("one", Some.Report("TOKEN"))).Xml.Descendants("token").Single().Value;

        Assert.Equal(HttpStatusCode.NotFound, (await _gateway.GetAsync($"tokens/{token}.xml?jurisdiction_id=one&api_key={Second}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync($"tokens/{token}.xml?jurisdiction_id=one&api_key={GatewayApp.Key}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await _gateway.GetAsync($"tokens/{token}.xml?jurisdiction_id=one")).Status);
    }

    private async Task<IEnumerable<string>> IdsAsync(string call) =>
        (await _gateway.GetAsync(call)).Xml.Elements("request").Select(r => r.Element("service_request_id")!.Value);

    private async Task<IEnumerable<string>> UpdatedAsync(string key)
    {
        var end = TimeProvider.System.GetUtcNow().AddMinutes(1);
        var answer = await _gateway.GetAsync(
            $"servicerequestupdates.xml?jurisdiction_id=one&api_key={key}&start_date={end.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}&end_date={end:yyyy-MM-ddTHH:mm:ssZ}");
        return answer.Xml.Elements("request_update").Select(u => u.Element("service_request_id")!.Value);
    }
}
