using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using PluginGateway.Core.Catalogues;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>Tests changes while reports are being delivered: their content, the council file, the catalogue and the plug-in.</summary>
public sealed class ChangeTests : Open311CouncilTests
{
    private const string Within = "\"answerWithin\": \"600ms\",";

    [Fact]
    public async Task Missing_plug_in_keeps_the_list_of_services()
    {
        await StartAsync();
        var before = (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Body;
        await Gateway.StopAsync();
        Directory.Delete(Gateway.Plugins, recursive: true);
        await Gateway.StartAsync();

        Assert.Equal(before, (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Body);
        Assert.StartsWith("PG", (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await Gateway.GetAsync("servicerequestupdates.xml?jurisdiction_id=c")).Status);
    }

    [Fact]
    public async Task New_council_without_services_is_unavailable_instead_of_empty()
    {
        var services = Council.Pages["services.xml"];
        Council.Pages["services.xml"] = static http => http.Response.WriteAsync("<services></services>");
        await StartAsync();
        await AssertNoServicesAsync();

        Council.Pages["services.xml"] = services;
        await Gateway.Get<ServiceCatalogues>().RefreshAsync(Gateway.Get<CouncilDirectory>().Current.Find("c")!, default);

        Assert.Contains("BIN", (await Gateway.GetAsync("services.xml?jurisdiction_id=c")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_council_whose_plug_in_is_missing_is_unavailable_instead_of_empty()
    {
        Directory.Delete(Gateway.Plugins, recursive: true);
        await StartAsync();

        await AssertNoServicesAsync();
    }

    private async Task AssertNoServicesAsync()
    {
        var reply = await Gateway.GetAsync("services.xml?jurisdiction_id=c");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.Equal("30", reply.Headers["Retry-After"]);
    }

    [Fact]
    public async Task Changed_category_moves_the_report_to_its_back_end()
    {
        await using var other = await StubOpen311.StartAsync();
        other.Pages["services.xml"] = static http =>
            http.Response.WriteAsync("<services><service><service_code>TREE</service_code><service_name>Tree</service_name></service></services>");
        Council.BeforeCreate = static (http, _) =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        await Gateway.Council("c", $$"""
            { "jurisdictionId": "c", "name": "C", "mode": "direct",
              "backends": {
                "roads": { "adapter": "open311", "settings": { "endpoint": "{{Council.Endpoint}}" } },
                "trees": { "adapter": "open311", "prefix": "T-", "settings": { "endpoint": "{{other.Endpoint}}" } } } }
            """).StartAsync();
        var id = (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id;
        await Gateway.PostAsync(
            "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", "1"), ("status", "OPEN"), ("description", "It fell"));

        await Gateway.PostAsync("c", Some.Report("T-TREE", reference: "5"));

        await Eventually.TrueAsync(
            async () => await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 2, "report and update are sent");
        // The update goes only to the back end that has the case.
        Assert.Equal("CASE-1", Assert.Single(other.Updates)["service_request_id"]);
        Assert.Empty(Council.Updates);
        Assert.Equal("TREE", Assert.Single(other.Posts)["service_code"]);
        Assert.All(Council.Posts, p => Assert.Equal("BIN", p["service_code"]));
        Assert.Equal("trees", await Gateway.ReadAsync<string>("SELECT dest_key FROM delivery WHERE kind = 1"));
    }

    [Fact]
    public async Task Changed_content_after_a_token_is_a_separate_case()
    {
        Council.BeforeAnswer = static (http, number) => number == 1
            ? http.Response.WriteAsync("<service_requests><request><token>t-1</token></request></service_requests>")
            : Task.CompletedTask;
        var ready = false;
        Council.Pages["t-1.xml"] = http => http.Response.WriteAsync(
            $"<service_requests><request><token>t-1</token>{(ready ? "<service_request_id>OLD-1</service_request_id>" : "")}</request></service_requests>");
        await StartAsync();
        await Gateway.PostAsync("c", Some.Report(reference: "5"));

        await Gateway.PostAsync("c", Some.Report(reference: "5", description: "NEW"));

        ready = true;
        await Eventually.TrueAsync(
            async () => await Gateway.ReadAsync<long>("UPDATE delivery SET due = 0 WHERE state = 3; SELECT COUNT(*) FROM delivery WHERE state = 2") == 2,
            "both reports are sent");
        Assert.Equal(["A hole in the road", "NEW"], Council.Posts.Select(p => p["description"].ToString()));
    }

    [Fact]
    public async Task Report_without_reference_keeps_its_idempotency_key()
    {
        Council.BeforeCreate = static (http, number) =>
        {
            http.Response.StatusCode = number < 2 ? 503 : 200;
            return Task.CompletedTask;
        };
        await StartAsync();

        await Gateway.PostAsync("c", Some.Report());

        await Delivered();
        var keys = Council.Headers.Select(h => h.Split('\n').Single(l => l.StartsWith("Idempotency-Key: ", StringComparison.Ordinal))).ToList();
        Assert.Equal(2, keys.Count);
        Assert.Single(keys.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Id_already_returned_stays_the_answer_after_a_rejection()
    {
        Council.BeforeCreate = static async (http, _) =>
        {
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("<errors><error><code>400</code><description>No.</description></error></errors>");
        };
        await StartAsync();
        Gateway.Council("c", Some.Open311Council("c", Council.Endpoint).Replace("\"direct\"", "\"queued\"", StringComparison.Ordinal));
        await Eventually.TrueAsync(
            async () => (await Gateway.PostAsync("c", Some.Report(reference: Guid.NewGuid().ToString("N")))).Status == HttpStatusCode.OK,
            "the council is in queued mode");

        var first = await Gateway.PostAsync("c", Some.Report(reference: "5"));
        await Eventually.TrueAsync(
            async () => await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state NOT IN (5)") == 0, "all reports are held");

        Assert.Equal(first.Id, (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id);
    }

    [Fact]
    public async Task Removal_of_services_confirmed_by_an_operator_applies_immediately()
    {
        await StartAsync();
        Assert.Equal(2, (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Json.GetArrayLength());
        var store = Gateway.Services.GetRequiredService<CatalogueStore>();
        var state = (await store.FindAsync("c", "open311", default))! with { Missing = new HashSet<string> { "POTHOLE" } };

        await store.SaveAsync("c", "open311", CatalogueGuard.Accept(state), default);

        await Eventually.TrueAsync(
            async () => (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Json.GetArrayLength() == 1, "the shorter list is served");
    }

    [Fact]
    public async Task Changed_report_waits_for_the_outcome_of_the_earlier_content()
    {
        var go = new TaskCompletionSource();
        Council.BeforeAnswer = (_, number) => number == 1 ? go.Task : Task.CompletedTask;
        await StartAsync(Within);

        var first = await Gateway.PostAsync("c", Some.Report(reference: "5"));
        var changed = await Gateway.PostAsync("c", Some.Report(reference: "5", description: "Something else"));

        Assert.NotEqual(first.Id, changed.Id);
        Assert.Single(Council.Posts);
        go.SetResult();
        await Eventually.TrueAsync(async () => await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 2, "both reports are sent");
        Assert.Equal(["A hole in the road", "Something else"], Council.Posts.Select(p => p["description"].ToString()));
    }

    [Fact]
    public async Task Valid_edit_of_the_council_file_goes_live_and_an_invalid_one_does_not()
    {
        await StartAsync();
        Assert.Equal(2, (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Json.GetArrayLength());

        Gateway.Council("c", Some.Open311Council("c", Council.Endpoint, "\"services\": [ { \"code\": \"BIN\", \"name\": \"Renamed\" } ],"));
        await Eventually.TrueAsync(
            async () => (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Body.Contains("Renamed", StringComparison.Ordinal), "the edit is live");

        Gateway.Council("c", Some.Open311Council("c", "not an address", "\"services\": [ { \"code\": \"BIN\", \"name\": \"Twice\" } ],"));
        await Eventually.TrueAsync(() => Gateway.Files().Any(f => f.Errors.Count > 0), "the errors are reported");
        Assert.Contains("Renamed", (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Body, StringComparison.Ordinal);
        Assert.Equal("$.backends.open311.settings.endpoint", Gateway.Files().Single().Errors.Single().Path);
        Assert.Equal("CASE-1", (await Gateway.PostAsync("c", Some.Report())).Id);
    }

    [Fact]
    public async Task Unreadable_catalogue_is_503_at_first_and_the_last_list_later()
    {
        var services = Council.Pages["services.xml"];
        Council.Pages["services.xml"] = Broken;
        await StartAsync();
        var none = await Gateway.GetAsync("services.json?jurisdiction_id=c");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "30"), (none.Status, none.Headers["Retry-After"]));

        Council.Pages["services.xml"] = services;
        Assert.Equal(2, (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Json.GetArrayLength());
        await Gateway.StopAsync();
        Council.Pages["services.xml"] = Broken;
        await Gateway.StartAsync();

        Assert.Equal(2, (await Gateway.GetAsync("services.json?jurisdiction_id=c")).Json.GetArrayLength());

        static Task Broken(HttpContext http)
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        }
    }
}
