using System.Net;
using System.Text.Json.Nodes;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>
/// Tests a report that the council's rules classify as dangerous: exactly one case with this priority and one mail to the staff on duty,
/// whatever failures the council's system has.
/// </summary>
public sealed class PriorityTests : IAsyncLifetime
{
    private static readonly (string, string)[] Dangerous = [("attribute[depth]", "deep"), ("attribute[position]", "carriageway"), ("first_name", "Jo"),
        ("email", "jo@example.org")];

    private readonly GatewayApp _gateway = new(
        "--Sending:Retry:0=00:00:00.2", "--Sending:FinderFirst=00:00:00.2", "--Sending:FinderAgain=00:00:00.3", "--Sending:LeaseRenewal=00:00:00.5",
        "--Sending:BreakerFirstWait=00:00:00.2");

    private SimulatedCouncil _council = null!;

    public async ValueTask InitializeAsync()
    {
        _council = await SimulatedCouncil.StartAsync(on: false);
        Built.Drop("Symology", _gateway.Plugins);
        _gateway.Secret("BEXLEY_SYMOLOGY_PASSWORD", "simulator");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _council.DisposeAsync();
    }

    [Fact]
    public async Task Dangerous_report_creates_one_case_and_one_mail()
    {
        await StartAsync();

        var (answer, again) = (await PostAsync(), await PostAsync());

        Assert.Equal(("560250", "560250"), (answer.Id, again.Id));
        AssertOneCase();
        await OneMailAsync();
    }

    [Fact]
    public async Task Ordinary_report_sends_no_mail()
    {
        await StartAsync();

        Assert.Equal("560250", (await _gateway.PostAsync("bexley", Some.Report("KERB", "4712"))).Id);
        await _gateway.StopAsync();

        Assert.Equal("N", Assert.Single(_council.Service.Cases).Request["Priority"]);
        Assert.Empty(_gateway.Mails());
    }

    [Fact]
    public async Task Mail_is_sent_immediately_and_the_case_follows_an_outage()
    {
        await StartAsync(on: false);

        var answer = await PostAsync();

        Assert.StartsWith("PG", answer.Id, StringComparison.Ordinal);
        await OneMailAsync();
        await _gateway.StopAsync();
        await _gateway.StartAsync();
        await _council.SwitchOnAsync();
        await SentAsync();
        AssertOneCase();
        await OneMailAsync();
    }

    [Fact]
    public async Task Mail_is_sent_immediately_and_the_case_waits_for_a_pause()
    {
        await StartAsync();
        var suspensions = _gateway.Get<SuspensionStore>();
        await suspensions.PauseAsync(new SuspensionScope("bexley", "symology", ""), "moving house", "test", null, default);

        await PostAsync();

        await OneMailAsync();
        Assert.Empty(_council.Service.Cases);
        await suspensions.ResumeAsync(new SuspensionScope("bexley", "symology", ""), new Resumption(All: true, PerMinute: 0), "test", "moved", default);
        await SentAsync();
        AssertOneCase();
        await OneMailAsync();
    }

    [Theory]
    [InlineData(Misbehaviour.HangUpBefore)]
    [InlineData(Misbehaviour.HangUpAfter)]
    [InlineData(Misbehaviour.FaultBefore)]
    [InlineData(Misbehaviour.FaultAfter)]
    [InlineData(Misbehaviour.NoNumber)]
    [InlineData(Misbehaviour.ErrorButCreated)]
    [InlineData(Misbehaviour.HtmlPage)]
    [InlineData(Misbehaviour.ServerError)]
    public async Task Report_with_any_fault_of_the_council_creates_one_case(Misbehaviour misbehaviour)
    {
        _council.Service.Next.Enqueue(misbehaviour);
        await StartAsync();

        await PostAsync();

        await SentAsync();
        AssertOneCase();
        await OneMailAsync();
    }

    [Fact]
    public async Task Client_update_becomes_an_event_of_its_case()
    {
        await StartAsync();
        await PostAsync();

        var answer = await _gateway.PostAsync(
            "servicerequestupdates.xml", "bexley", ("service_request_id", "560250"), ("update_id", "u1"), ("status", "FIXED"),
            ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", "It is filled"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await Eventually.TrueAsync(() => _council.Service.Cases[0].Events.Count == 1, "the event is added");
        var update = _council.Service.Cases[0].Events[0];
        Assert.Equal(("CR", "HWY", "4711", "It is filled"), (update["EventType"], update["ServiceCode"], update["WebRequestID"], update["Description"]));
    }

    [Fact]
    public async Task Update_of_a_case_unknown_to_the_gateway_contains_the_required_values()
    {
        await StartAsync();
        await PostAsync();

        // An update as FixMyStreet sends it for a case unknown to the gateway, so that the simulator must find it by its number.
        var answer = await _gateway.PostAsync(
            "servicerequestupdates.xml", "bexley", ("service_request_id", "0560250"), ("update_id", "u2"), ("status", "OPEN"),
            ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", "Worse"),
            ("service_code", "POTH"), ("service_request_id_ext", "4711"), ("nsg_ref", "20202020"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await Eventually.TrueAsync(() => _council.Service.Cases[0].Events.Count == 1, "the event is added");
        var update = _council.Service.Cases[0].Events[0];
        Assert.Equal(("CCA", "HWY", "4711", "S3"), (update["EventType"], update["ServiceCode"], update["WebRequestID"], update["NextAction"]));
    }

    [Fact]
    public async Task Invalid_edit_is_rejected_with_its_path_and_the_live_version_stays()
    {
        await StartAsync();
        (string Path, Action<JsonNode> Edit)[] edits =
        [
            ("$.backends.symology.settings.categories.POTH.rules[0].when",
                j => Settings(j)["categories"]!["POTH"]!["rules"]![0]!["when"] = new JsonArray("attribute.depth")),
            ("$.backends.symology.settings.categories.POTH.rules[0].when.attribute.depth.above",
                j => Settings(j)["categories"]!["POTH"]!["rules"]![0]!["when"]!["attribute.depth"] = new JsonObject { ["above"] = 3 }),
            ("$.backends.symology.settings.categories.KERB.parameters.Analysis", j => Settings(j)["categories"]!["KERB"]!["parameters"]!["Analysis"] = "X"),
            ("$.backends.symology.settings.endpointPassword", j => Settings(j)["endpointPassword"] = "${secret:NOBODY_KNOWS}"),
            ("$.examples[0].expect.plan.Priority", j => j["examples"]![0]!["expect"]!["plan.Priority"] = "P9"),
            ("$.examples[0].expect.plan.Priority", j => Settings(j)["categories"]!["POTH"]!["rules"]![0]!["then"]!["Priority"] = "P2"),
        ];
        foreach (var (path, edit) in edits)
        {
            _gateway.Council("bexley", _council.File(edit));
            await _gateway.Get<PluginGateway.Core.Catalogues.CouncilDirectory>().ScanAsync(default);

            var file = _gateway.Files().Single();
            Assert.Contains(file.Errors, m => m.Path == path);
            Assert.NotNull(file.Live);
            var id = (await _gateway.PostAsync("bexley", Some.Report("POTH", Guid.NewGuid().ToString(), more: Dangerous))).Id;
            Assert.Equal(
                "P1", _council.Service.Cases.Single(c => c.Number.ToString(System.Globalization.CultureInfo.InvariantCulture) == id).Request["Priority"]);
        }
    }

    private static JsonNode Settings(JsonNode file) => file["backends"]!["symology"]!["settings"]!;

    private async Task StartAsync(bool on = true)
    {
        if (on)
            await _council.SwitchOnAsync();
        // Removes the rule for nights and weekends, so that the number of mails does not depend on the time.
        await _gateway.Council("bexley", _council.File(j => j["alsoSend"]!.AsArray().RemoveAt(2))).StartAsync();
    }

    private Task<HttpReply> PostAsync() => _gateway.PostAsync("bexley", Some.Report("POTH", "4711", more: Dangerous));

    private Task SentAsync() =>
        Eventually.TrueAsync(
            async () => await _gateway.ReadAsync<long>("SELECT COUNT(*) FROM delivery WHERE kind = 1 AND state = 2") == 1, "the report is sent");

    private void AssertOneCase()
    {
        var found = Assert.Single(_council.Service.Cases);
        Assert.Equal(("P1", "4711"), (found.Request["Priority"], found.Request["ExternalRef"]));
    }

    private async Task OneMailAsync()
    {
        var mail = Assert.Single(await _gateway.MailsAsync(1));
        Assert.Contains("To: p1@bexley.example", mail, StringComparison.Ordinal);
    }
}
