using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests;

/// <summary>
/// Tests direct mode with the Open311 adapter as a real plug-in: the answer to the client when the back end is fast, slow, unresponsive or faulty
/// or its plug-in is missing; and that exactly one case is created. The time limits are a fraction of those in production.
/// </summary>
public sealed class DirectModeTests : Open311CouncilTests
{
    private const string Within = "\"answerWithin\": \"600ms\",";

    [Fact]
    public async Task Fast_back_end_returns_its_own_id_with_prefix()
    {
        await StartAsync("", "\"prefix\": \"X-\",");

        var report = Some.Report(
            "X-BIN", "5",
            more: [("first_name", "Jo"), ("media_url", "https://pics/1.jpg"), ("media_url", "https://pics/2.jpg"), ("attribute[A]", "1"),
                ("attribute[A]", "2")]);
        var answer = await Gateway.PostAsync("c", report);

        Assert.Equal("X-CASE-1", answer.Id);
        var form = Assert.Single(Council.Posts);
        Assert.Equal("BIN", form["service_code"]);
        Assert.Equal(
            ["k", "51.5", "-0.1", "Jo", "5", "1,2", "https://pics/1.jpg,https://pics/2.jpg"],
            new[] { "api_key", "lat", "long", "first_name", "attribute[fixmystreet_id]", "attribute[A]", "media_url" }.Select(f => form[f].ToString()));
        Assert.Equal("X-CASE-1", (await Gateway.PostAsync("c", report)).Id);
        Assert.Equal("X-CASE-1", (await Gateway.GetAsync("requests/X-CASE-1.json?jurisdiction_id=c")).Json[0].GetProperty("service_request_id").GetString());
        Assert.Equal(1, Council.Cases);
    }

    [Fact]
    public async Task Slow_back_end_returns_the_gateway_id_and_an_update_with_the_case_number()
    {
        var go = new TaskCompletionSource();
        Council.BeforeAnswer = (_, _) => go.Task;
        await StartAsync(Within);
        var start = Stopwatch.GetTimestamp();

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.FromMilliseconds(550), TimeSpan.FromSeconds(10));
        go.SetResult();
        await Delivered();
        Assert.Equal(answer.Id, (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id);
        var update = Assert.Single((await Gateway.GetAsync("servicerequestupdates.json?jurisdiction_id=c")).Json.EnumerateArray());
        Assert.Equal(
            (answer.Id, "unchanged", "CASE-1"),
            (update.GetProperty("service_request_id").GetString(), update.GetProperty("status").GetString(),
                update.GetProperty("customer_reference").GetString()));
        foreach (var id in new[] { answer.Id, "CASE-1" })
            Assert.Equal(HttpStatusCode.OK, (await Gateway.GetAsync($"requests/{id}.json?jurisdiction_id=c")).Status);
        Assert.Equal(1, Council.Cases);
    }

    [Fact]
    public async Task Slow_back_end_with_retry_later_returns_503_and_then_its_own_id()
    {
        var go = new TaskCompletionSource();
        Council.BeforeAnswer = (_, _) => go.Task;
        await StartAsync(Within + "\"whenSlow\": \"retryLater\",");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "60"), (answer.Status, answer.Headers["Retry-After"]));
        go.SetResult();
        await Delivered();
        Assert.Equal("CASE-1", (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id);
        Assert.Equal(1, Council.Cases);
    }

    [Fact]
    public async Task Silent_back_end_that_recognises_repeats_gets_one_case()
    {
        Council.RecognisesRepeats = true;
        Council.BeforeAnswer = static (http, number) => number == 1 ? Never(http) : Task.CompletedTask;
        await StartAsync(Within, "\"attemptWithin\": \"1s\", \"repeat\": \"reports\",");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        await Delivered();
        Assert.Equal((2, 1), (Council.Posts.Count, Council.Cases));
        Assert.Equal(answer.Id, (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id);
    }

    [Fact]
    public async Task Silent_back_end_without_lookup_is_left_to_an_operator()
    {
        Council.BeforeAnswer = static (http, _) => Never(http);
        await StartAsync(Within, "\"attemptWithin\": \"1s\",");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        await State(5);
        Assert.Equal((1, 1), (Council.Posts.Count, Council.Cases));
        Assert.Contains("Check there first", await Gateway.ReadAsync<string>("SELECT cause FROM delivery"), StringComparison.Ordinal);
        // The client gets the same answer as before.
        Assert.Equal(answer.Id, (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id);
    }

    [Fact]
    public async Task Notice_of_the_back_end_and_account_of_the_client_are_returned()
    {
        Council.BeforeAnswer = static (http, _) => http.Response.WriteAsync(
            "<service_requests><request><service_request_id>7</service_request_id><service_notice>We look within 5 "
                + "days</service_notice></request></service_requests>");
        await StartAsync();

        foreach (var answer in new[] { await Gateway.PostAsync("c", Some.Report(reference: "5", more: ("account_id", "a1"))),
            await Gateway.PostAsync("c", Some.Report(reference: "5", more: ("account_id", "a1"))) })
            Assert.EndsWith(
                "<request><service_request_id>7</service_request_id><service_notice>We look within 5 "
                    + "days</service_notice><account_id>a1</account_id></request></service_requests>",
                answer.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Failing_back_end_is_retried_and_the_client_gets_an_id(int status)
    {
        Council.BeforeCreate = (http, number) =>
        {
            http.Response.StatusCode = number < 3 ? status : 200;
            return Task.CompletedTask;
        };
        await StartAsync();

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        await Delivered();
        Assert.Equal((3, 1), (Council.Posts.Count, Council.Cases));
        Assert.Equal([2, 2, 1], await Outcomes());
    }

    [Fact]
    public async Task Rejection_is_returned_until_the_content_changes()
    {
        Council.BeforeCreate = static async (http, _) =>
        {
            if (http.Request.Form["description"] == "Something else")
                return;
            http.Response.StatusCode = 400;
            await http.Response.WriteAsync("<errors><error><code>400</code><description>We do not repair private roads.</description></error></errors>");
        };
        await StartAsync();

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));
        var again = await Gateway.PostAsync("c", Some.Report(reference: "5"));
        var changed = await Gateway.PostAsync("c", Some.Report(reference: "5", description: "Something else"));

        Assert.Equal((HttpStatusCode.BadRequest, "We do not repair private roads."), (answer.Status, answer.Errors.Single()));
        Assert.Equal((HttpStatusCode.BadRequest, "We do not repair private roads."), (again.Status, again.Errors.Single()));
        Assert.Equal("CASE-1", changed.Id);
        Assert.Equal(2, Council.Posts.Count);
    }

    [Fact]
    public async Task Report_is_sent_when_its_missing_plug_in_appears()
    {
        Directory.Delete(Gateway.Plugins, recursive: true);
        await StartAsync("\"catalogue\": [], \"services\": [ { \"code\": \"BIN\", \"name\": \"Bin\" } ],");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        Assert.Equal(0, await Gateway.ReadAsync<long>("SELECT COUNT(*) FROM attempt"));
        await Gateway.StopAsync();
        Built.Drop("Open311", Gateway.Plugins);
        await Gateway.StartAsync();
        await Delivered();
        Assert.Equal(1, Council.Cases);
        Assert.Equal(answer.Id, (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id);
    }

    [Fact]
    public async Task Token_of_the_back_end_is_resolved_without_a_second_post()
    {
        Council.BeforeAnswer = static (http, _) => http.Response.WriteAsync("<service_requests><request><token>t-1</token></request></service_requests>");
        var asked = 0;
        Council.Pages["t-1.xml"] = http => http.Response.WriteAsync(++asked == 1
            ? "<service_requests><request><token>t-1</token></request></service_requests>"
            : "<service_requests><request><token>t-1</token><service_request_id>CASE-9</service_request_id></request></service_requests>");
        await StartAsync();

        Assert.StartsWith("PG", (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id, StringComparison.Ordinal);

        await Eventually.TrueAsync(
            async () => await Gateway.ReadAsync<long>("UPDATE delivery SET due = 0 WHERE state = 3; SELECT COUNT(*) FROM delivery WHERE state = 2") == 1,
            "the report is sent");
        Assert.Equal("CASE-9", await Gateway.ReadAsync<string>("SELECT backend_id FROM delivery"));
        Assert.Single(Council.Posts);
    }

    [Fact]
    public async Task Batch_service_returns_a_token_and_then_the_id()
    {
        var go = new TaskCompletionSource();
        Council.BeforeAnswer = (_, _) => go.Task;
        await StartAsync("\"services\": [ { \"code\": \"BIN\", \"type\": \"batch\" } ],");

        var answer = await Gateway.PostAsync("c", Some.Report(reference: "5"));

        var request = answer.Xml.Element("request")!;
        var token = request.Element("token")!.Value;
        Assert.Null(request.Element("service_request_id"));
        Assert.Null((await Gateway.GetAsync($"tokens/{token}.xml?jurisdiction_id=c")).Xml.Element("request")!.Element("service_request_id"));
        go.SetResult();
        await Delivered();
        Assert.Equal("CASE-1", (await Gateway.GetAsync($"tokens/{token}.xml?jurisdiction_id=c")).Id);
        Assert.Equal(token, (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Xml.Element("request")!.Element("token")!.Value);
    }

    [Fact]
    public async Task Updates_wait_for_their_report_and_are_sent_to_its_case_in_order()
    {
        var go = new TaskCompletionSource();
        Council.BeforeAnswer = (_, _) => go.Task;
        await StartAsync(Within);
        var id = (await Gateway.PostAsync("c", Some.Report(reference: "5"))).Id;
        foreach (var number in new[] { "1", "2" })
            await Gateway.PostAsync(
                "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", number), ("status", "OPEN"), ("description", $"Update {number}"));

        Assert.Empty(Council.Updates);
        go.SetResult();

        await Eventually.TrueAsync(() => Council.Updates.Count == 2, "two updates are sent");
        Assert.Equal([("CASE-1", "1"), ("CASE-1", "2")], Council.Updates.Select(u => (u["service_request_id"].ToString(), u["update_id"].ToString())));
    }

    [Fact]
    public async Task Update_of_a_case_known_only_to_the_back_end_is_forwarded()
    {
        await StartAsync();

        var answer = await Gateway.PostAsync("servicerequestupdates.xml", "c", ("service_request_id", "OLD-7"), ("update_id", "1"), ("status", "closed"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await Eventually.TrueAsync(() => Council.Updates.Count == 1, "the update arrives");
        Assert.Equal("OLD-7", Council.Updates.Single()["service_request_id"]);
    }

    [Fact]
    public async Task Council_updates_are_collected_and_served_despite_a_failure()
    {
        await StartAsync();
        await Gateway.PostAsync("c", Some.Report(reference: "5"));
        Council.Pages["servicerequestupdates.xml"] = static http => http.Response.WriteAsync(
            "<service_request_updates><request_update><update_id>u</update_id><service_request_id>CASE-1</service_request_id><status>In Progress</status>"
            + "<updated_datetime>2026-11-22T07:11:01Z</updated_datetime><description>On it</description></request_update></service_request_updates>");

        const string Window = "servicerequestupdates.json?jurisdiction_id=c&start_date=2026-11-22T06:00:00Z&end_date=2026-11-22T08:00:00Z";
        await Eventually.TrueAsync(async () => (await Gateway.GetAsync(Window)).Json.GetArrayLength() == 1, "the update arrives");
        var update = (await Gateway.GetAsync(Window)).Json[0];
        Assert.Equal(
            ("CASE-1", "in_progress", "2026-11-22T07:11:01Z"),
            (update.GetProperty("service_request_id").GetString(), update.GetProperty("status").GetString(),
                update.GetProperty("updated_datetime").GetString()));

        Council.Pages["servicerequestupdates.xml"] = static http =>
        {
            http.Response.StatusCode = 500;
            return Task.CompletedTask;
        };
        await Eventually.TrueAsync(async () => (await Gateway.ReadAsync<string>("SELECT cause FROM collection")).Length > 0, "a failure is recorded");
        Assert.Equal(1, (await Gateway.GetAsync(Window)).Json.GetArrayLength());
    }

    private Task<List<long>> Outcomes() => Gateway.ListAsync<long>("SELECT outcome FROM attempt ORDER BY number");

    private static Task Never(HttpContext http)
    {
        var never = new TaskCompletionSource();
        http.RequestAborted.Register(() => never.TrySetResult());
        return never.Task;
    }
}
