using System.Net;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Testing;

namespace PluginGateway.EndToEnd.Tests.Sending;

/// <summary>Tests the actions of operators on reports and routes: each is applied once and audited.</summary>
public sealed class OperatorTests : IAsyncLifetime
{
    private const string Council = """
        {
          "jurisdictionId": "c", "name": "C", "catalogue": [],
          "backends": { "refuse": { "adapter": "refuse", "settings": { "message": "Not ours." } }, "email": { "adapter": "email", "settings": { "to": "roads@c.example" } },
                        "nowhere": { "adapter": "blackhole" } },
          "sendMethod": "refuse",
          "services": [ { "code": "BIN", "name": "Missed bin", "backend": "refuse" }, { "code": "HOLE", "name": "Pothole", "backend": "refuse" } ]
        }
        """;

    private readonly GatewayApp _gateway = new("--Sending:CacheFor=00:00:00.02");

    private ReportActions Actions => _gateway.Get<ReportActions>();

    private CouncilSnapshot Councils => _gateway.Get<CouncilDirectory>().Current;

    public async ValueTask InitializeAsync() => await _gateway.Council("c", Council).StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Held_report_is_rerouted_and_sent()
    {
        var id = await HeldAsync();

        Assert.True((await Actions.RouteAsync(id, Councils.FindBackEnd("c", "email")!, "op", "they said no", default)).Done);

        Assert.Contains(id, Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        await StateAsync(2);
        Assert.Equal("op route refuse email they said no", await AuditAsync());
        Assert.False((await Actions.RouteAsync(id, Councils.FindBackEnd("c", "nowhere")!, "op", "again", default)).Done);
    }

    [Fact]
    public async Task New_send_method_applies_to_waiting_and_new_reports()
    {
        await HeldAsync();
        var moved = await _gateway.Get<RouteActions>()
            .SetAsync(Councils.Find("c")!, "", Councils.FindBackEnd("c", "email")!, anyService: true, "op", "they refuse", default);

        Assert.Equal(1, moved);
        await _gateway.MailsAsync(1);
        await Eventually.TrueAsync(
            async () =>
            {
                await _gateway.PostAsync("c", Some.Report());
                return _gateway.Mails().Count > 1;
            },
            "a new report is mailed");
        Assert.Equal("op send-method refuse email they refuse", await AuditAsync());
    }

    [Fact]
    public async Task Send_method_of_one_service_does_not_affect_others()
    {
        await _gateway.PostAsync("c", Some.Report("BIN"));
        await _gateway.PostAsync("c", Some.Report("HOLE"));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 5") == 2, "both reports are held");

        Assert.Equal(
            1, await _gateway.Get<RouteActions>()
                .SetAsync(Councils.Find("c")!, "HOLE", Councils.FindBackEnd("c", "email")!, anyService: true, "op", "holes", default));
        Assert.Contains("Pothole", Assert.Single(await _gateway.MailsAsync(1)), StringComparison.Ordinal);
        Assert.Equal(
            0, await _gateway.Get<RouteActions>()
                .SetAsync(Councils.Find("c")!, "HOLE", Councils.FindBackEnd("c", "nowhere")!, anyService: true, "op", "holes", default));
        Assert.Equal(
            1, await _gateway.Get<RouteActions>()
                .SetAsync(Councils.Find("c")!, "", Councils.FindBackEnd("c", "nowhere")!, anyService: true, "op", "the rest", default));
        await Eventually.TrueAsync(async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state = 2") == 2, "all reports are sent");
    }

    [Fact]
    public async Task Resent_report_is_retried_immediately()
    {
        var id = await HeldAsync();

        Assert.Equal("Queued for sending.", (await Actions.ResendAsync(id, evenIfDelivered: false, "op", "try", default)).Text);

        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT attempts FROM delivery WHERE state = 5") == 2, "the report is attempted and held again");
    }

    [Fact]
    public async Task Possibly_delivered_report_is_resent_only_when_confirmed()
    {
        var id = await HeldAsync();
        await _gateway.ReadAsync<long>("UPDATE delivery SET may_have_been_delivered = 1; SELECT 1");

        Assert.Contains("Check there first", (await Actions.ResendAsync(id, evenIfDelivered: false, "op", "try", default)).Text, StringComparison.Ordinal);
        Assert.True((await Actions.ResendAsync(id, evenIfDelivered: true, "op", "looked", default)).Done);
    }

    [Fact]
    public async Task Report_marked_as_sent_publishes_its_reference()
    {
        var id = await HeldAsync();
        await _gateway.PostAsync(
            "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", "u1"), ("status", "OPEN"),
            ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", "More"));

        Assert.True((await Actions.MarkSentAsync(id, "CRM-77", Councils.FindBackEnd, "op", "seen", default)).Done);

        await StateAsync(2);
        Assert.Contains(
            "<customer_reference>CRM-77</customer_reference>", (await _gateway.GetAsync($"servicerequestupdates.xml?jurisdiction_id=c&api_key={GatewayApp.Key}")).Body,
            StringComparison.Ordinal);
        Assert.Contains("A hole in the road", (await _gateway.GetAsync("requests/CRM-77.xml?jurisdiction_id=c")).Body, StringComparison.Ordinal);
        Assert.False((await Actions.MarkSentAsync(id, "CRM-78", Councils.FindBackEnd, "op", "again", default)).Done);
        Assert.False((await Actions.ResendAsync(id, evenIfDelivered: true, "op", "no", default)).Done);
    }

    [Fact]
    public async Task Cancelling_a_report_cancels_its_updates()
    {
        var id = await HeldAsync();
        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync(
            "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", "u1"), ("status", "OPEN"),
            ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", "More"))).Status);

        Assert.True((await Actions.CancelAsync(id, "op", "a test", default)).Done);

        Assert.Equal(
            1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE kind = 1 AND state = 7 AND cause = 'Cancelled by an operator: a test'"));
        Assert.Equal(0, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state NOT IN (2, 7)"));
        Assert.False((await Actions.CancelAsync(id, "op", "again", default)).Done);
    }

    [Fact]
    public async Task Cancelling_an_update_releases_the_next_one()
    {
        await _gateway.Get<RouteActions>()
            .SetAsync(Councils.Find("c")!, "", Councils.FindBackEnd("c", "nowhere")!, anyService: true, "op", "it takes updates", default);
        await _gateway.Get<PluginGateway.Core.Sending.Suspensions.SuspensionStore>()
            .PauseAsync(new PluginGateway.Core.Sending.Suspensions.SuspensionScope("c", "", ""), "a test", "op", null, default);
        var id = (await _gateway.PostAsync("c", Some.Report())).Id;
        foreach (var update in new[] { "u1", "u2" })
            await _gateway.PostAsync(
                "servicerequestupdates.xml", "c", ("service_request_id", id), ("update_id", update), ("status", "OPEN"),
                ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", update));
        await _gateway.ReadAsync<long>(
            "UPDATE delivery SET state = 2 WHERE kind = 1; UPDATE delivery SET hold = 0 WHERE id = (SELECT MIN(id) FROM delivery WHERE kind = 3); SELECT 1");
        var first = await _gateway.ReadAsync<long>("SELECT MIN(id) FROM delivery WHERE kind = 3");

        Assert.Equal("Cancelled.", (await Actions.CancelAsync($"{first}", "op", "never mind", default)).Text);

        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE kind = 3 AND hold = 0 AND state = 0"));
    }

    [Fact]
    public async Task Reports_of_a_removed_back_end_wait_for_a_new_route()
    {
        await _gateway.Get<RouteActions>().SetAsync(Councils.Find("c")!, "", Councils.FindBackEnd("c", "nowhere")!, anyService: true, "op", "for now", default);
        _gateway.Council(
            "c", Council.Replace("\"nowhere\": { \"adapter\": \"blackhole\" }", "\"other\": { \"adapter\": \"blackhole\" }", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => Councils.FindBackEnd("c", "nowhere") is null, "the council file is reloaded");

        Assert.Equal(HttpStatusCode.OK, (await _gateway.PostAsync("c", Some.Report())).Status);
        Assert.Equal("nowhere", await _gateway.ReadAsync<string>("SELECT dest_key FROM delivery WHERE state = 0"));

        await _gateway.Get<RouteActions>().SetAsync(Councils.Find("c")!, "", Councils.FindBackEnd("c", "other")!, anyService: true, "op", "found", default);
        await StateAsync(2);
    }

    [Fact]
    public async Task Edited_report_is_sent_and_the_original_is_still_recognised()
    {
        var id = await HeldAsync(reference: "77");
        Assert.True((await Actions.RouteAsync(id, Councils.FindBackEnd("c", "email")!, "op", "by mail", default)).Done);
        await _gateway.MailsAsync(1);

        var edited = await _gateway.Get<ReportEdit>()
            .RunAsync(id, Councils, r => r with { Description = "The other side of the road" }, revision: null, "op", "they rang", default);
        Assert.True(edited.Done, edited.Text);
        Assert.Contains(await _gateway.MailsAsync(1), m => m.Contains("A hole in the road", StringComparison.Ordinal));
        await Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE state IN (2, 5)") == 2, "the edited report is sent too");

        var again = await _gateway.PostAsync("c", Some.Report(reference: "77"));
        Assert.Equal(HttpStatusCode.OK, again.Status);
        Assert.Equal(2, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM report_revision"));
    }

    [Fact]
    public async Task Edit_of_an_unsent_report_keeps_its_id()
    {
        var id = await HeldAsync();

        var edited = await _gateway.Get<ReportEdit>()
            .RunAsync(id, Councils, r => r with { Description = "Somewhere else" }, revision: null, "op", "typo", default);

        Assert.Contains(id, edited.Text, StringComparison.Ordinal);
        Assert.Contains("Somewhere else", (await _gateway.GetAsync($"requests/{id}.xml?jurisdiction_id=c")).Body, StringComparison.Ordinal);
        Assert.Equal(1, await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery"));
    }

    [Fact]
    public async Task Unknown_report_is_rejected() =>
        Assert.Equal("There is no report nonsense.", (await Actions.CancelAsync("nonsense", "op", "x", default)).Text);

    private async Task<string> HeldAsync(string? reference = null)
    {
        var answer = await _gateway.PostAsync("c", Some.Report(reference: reference));
        await StateAsync(5);
        return answer.Id;
    }

    private Task<string> AuditAsync() => _gateway.ReadAsync<string>("SELECT CONCAT(who, ' ', action, ' ', before, ' ', after, ' ', why) FROM audit");

    private Task StateAsync(int state) =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>($"SELECT COUNT(*) FROM delivery WHERE kind = 1 AND state = {state}") == 1,
            $"one report in state {state}");
}
