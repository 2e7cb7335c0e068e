using System.Net;
using System.Text.Json.Nodes;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;
using Symology.Simulator;

namespace PluginGateway.EndToEnd.Tests.Symology;

/// <summary>
/// A report that the council's rules find dangerous: a case with that priority, and a mail to the people who are on duty, each exactly once,
/// whatever the council's system does meanwhile.
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
    public async Task It_is_a_case_of_that_priority_and_a_mail_each_once()
    {
        await StartAsync();

        var (answer, again) = (await PostAsync(), await PostAsync());

        Assert.Equal(("560250", "560250"), (answer.Id, again.Id));
        AssertOneCase();
        await OneMailAsync();
    }

    [Fact]
    public async Task A_report_of_the_usual_kind_is_no_mail()
    {
        await StartAsync();

        Assert.Equal("560250", (await _gateway.PostAsync("bexley", Some.Report("KERB", "4712"))).Id);
        await _gateway.StopAsync();

        Assert.Equal("N", Assert.Single(_council.Service.Cases).Request["Priority"]);
        Assert.Empty(_gateway.Mails());
    }

    [Fact]
    public async Task While_the_system_is_down_the_mail_goes_at_once_and_the_case_follows()
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
    public async Task While_the_council_is_paused_the_mail_goes_at_once_and_the_case_waits()
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
    public async Task Whatever_goes_wrong_there_is_one_case(Misbehaviour misbehaviour)
    {
        _council.Service.Next.Enqueue(misbehaviour);
        await StartAsync();

        await PostAsync();

        await SentAsync();
        AssertOneCase();
        await OneMailAsync();
    }

    [Fact]
    public async Task A_clients_update_becomes_an_event_of_its_case()
    {
        await StartAsync();
        await PostAsync();

        var answer = await _gateway.PostAsync(
            "servicerequestupdates.xml", "bexley", ("service_request_id", "560250"), ("update_id", "u1"), ("status", "FIXED"),
            ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", "It is filled"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await Eventually.TrueAsync(() => _council.Service.Cases[0].Events.Count == 1, "the event");
        var update = _council.Service.Cases[0].Events[0];
        Assert.Equal(("CR", "HWY", "4711", "It is filled"), (update["EventType"], update["ServiceCode"], update["WebRequestID"], update["Description"]));
    }

    [Fact]
    public async Task An_update_of_a_case_that_is_older_than_the_gateway_brings_what_it_needs()
    {
        await StartAsync();
        await PostAsync();

        // As FixMyStreet sends it: of a case the gateway knows nothing of, so that the simulator knows it only by its number.
        var answer = await _gateway.PostAsync(
            "servicerequestupdates.xml", "bexley", ("service_request_id", "0560250"), ("update_id", "u2"), ("status", "OPEN"),
            ("updated_datetime", "2026-11-22T09:00:00Z"), ("description", "Worse"),
            ("service_code", "POTH"), ("service_request_id_ext", "4711"), ("nsg_ref", "20202020"));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await Eventually.TrueAsync(() => _council.Service.Cases[0].Events.Count == 1, "the event");
        var update = _council.Service.Cases[0].Events[0];
        Assert.Equal(("CCA", "HWY", "4711", "S3"), (update["EventType"], update["ServiceCode"], update["WebRequestID"], update["NextAction"]));
    }

    [Fact]
    public async Task A_wrong_edit_is_refused_with_its_place_and_what_was_live_stays()
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
            _gateway.Get<PluginGateway.Core.Catalogues.CouncilDirectory>().Scan();

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
        // The mails are only sent in the night too, on every day of the week.
        await _gateway.Council("bexley", _council.File(j => j["alsoSend"]!.AsArray().RemoveAt(2))).StartAsync();
    }

    private Task<WireAnswer> PostAsync() => _gateway.PostAsync("bexley", Some.Report("POTH", "4711", more: Dangerous));

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
