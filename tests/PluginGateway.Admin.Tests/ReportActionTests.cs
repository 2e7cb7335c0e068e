using PluginGateway.Contracts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Updates;
using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>Tests an operator's actions on reports in a browser, and their effects in the council's system.</summary>
public sealed class ReportActionTests(OperatorWorld world) : IClassFixture<OperatorWorld>
{
    private static readonly (string, string?) No = ("Request not created", "AnalysisCode1 is not valid");

    [Fact]
    public async Task A_held_report_is_retried_and_accepted()
    {
        var page = await HeldAsync("again");
        Assert.Matches("^Held: .+ Tried once\\. An operator must decide\\.$", page.TextOf(".says"));
        Assert.Contains("AnalysisCode1 is not valid", world.Browser.Expand("More", last: true).Text);
        world.Council.Service.CreateError = null;

        page.Expand("Retry now").Type("Reason", "they added the code").Press("Retry now");

        await world.SentAsync(page.Id);
        Assert.Contains($" as {Case("again").Number}.", page.Open().TextOf(".says"));
        Assert.Contains("resend by ada held → pending; they added the code", page.Text);
    }

    [Fact]
    public async Task An_edited_report_is_sent_with_the_changes()
    {
        var page = await HeldAsync("edit", "A hole in the raod");
        world.Council.Service.CreateError = null;

        page.Expand("Edit and send").Type("Description", "A hole in the road by the school").Type("Reason", "a slip of the pen").Press("Save and send");

        await world.SentAsync(page.Id);
        Assert.Contains("A hole in the road by the school", Case("edit").Request["Description"]);
        Assert.Contains("revision 2 from ada", page.Open().Text);
    }

    [Fact]
    public async Task A_report_is_sent_by_another_back_end()
    {
        var page = await HeldAsync("route", "Please by mail");
        world.Council.Service.CreateError = null;

        page.Expand("Send through another back end").Choose("Back end", "email").Type("Reason", "they know by mail").Press("Send through this back end");

        await world.SentAsync(page.Id);
        Assert.Contains("Please by mail", Assert.Single(world.Mails(), m => m.Contains(page.Id, StringComparison.Ordinal)));
        Assert.DoesNotContain(world.Council.Service.Cases, c => c.Request["Description"].Contains("Please by mail", StringComparison.Ordinal));
        Assert.StartsWith("Sent to email", page.Open().TextOf(".says"));
        // The first attempt was made with the other back end.
        Assert.Contains("report to symology, attempt 1", page.Text);
        Assert.Contains("report to email, attempt 2", page.Text);
    }

    [Fact]
    public async Task A_report_that_the_council_fixed_says_so()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        var id = await world.ReportAsync("fixed", state: 2, "A bench without a seat");
        Assert.DoesNotContain("The council reported it as", world.Browser.Go($"/admin/reports/{id}").TextOf(".says"));
        var number = Case("fixed").Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var backEnd = world.Gateway.Get<CouncilDirectory>().Current.FindBackEnd("bexley", "symology")!;

        await world.Gateway.Get<CouncilUpdateStore>().AddAsync(
            backEnd, [new CouncilUpdate { UpdateId = "u1", BackEndId = number, Status = "no_further_action", OccurredAt = TimeProvider.System.GetUtcNow() }],
            false, 0, false, default);
        Assert.Matches(@"The council reported it as no further action at .+\.$", world.Browser.Go($"/admin/reports/{id}").TextOf(".says"));
    }

    [Fact]
    public async Task A_report_marked_as_sent_or_cancelled_is_never_sent()
    {
        var marked = await HeldAsync("mark", "I am there already");
        marked.Expand("Mark as sent").Type("external", "560999").Type("Reason", "seen on their screen").Press("Mark as sent");
        Assert.Contains(" as 560999.", marked.Open().TextOf(".says"));

        var cancelled = await HeldAsync("cancel", "Never mind me");
        cancelled.Expand("Cancel").Type("Reason", "a joke").PressAndConfirm("Cancel delivery");
        Assert.StartsWith("Cancelled", cancelled.Open().TextOf(".says"));

        world.Council.Service.CreateError = null;
        await world.ReportAsync("after", state: 2);
        Assert.DoesNotContain(
            world.Council.Service.Cases,
            c => c.Request["Description"] is var d
                && (d.Contains("there already", StringComparison.Ordinal) || d.Contains("Never mind", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_unconfirmed_delivery_is_retried_only_after_confirming_the_check()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        world.Council.Service.CreateError = null;
        world.Council.Service.Next.Enqueue(Misbehaviour.HangUpAfter);
        var id = await world.ReportAsync("maybe", state: 4, "Twice?");
        var page = new ReportPage(world, id);
        Assert.StartsWith("Delivery unconfirmed", page.Open().TextOf(".says"));

        page.Expand("Retry now").Type("Reason", "impatient").Press("Retry now");
        Assert.Contains("The council's system may already have it.", page.Text);
        Assert.Empty(world.Browser.Violations());
        Assert.Equal(4, await world.StateAsync(id));

        // The form is still open and contains the typed values.
        Assert.Equal("impatient", world.Browser.ValueOf("Reason"));
        world.Browser.Tick("even though it may have been delivered").Type("Reason", "it is not there").Press("Retry now");
        await world.SentAsync(id);
    }

    [Fact]
    public async Task A_report_gets_a_note_and_is_snoozed_and_counted_separately()
    {
        var page = await HeldAsync("ack");

        page.Expand("Add a note").Type("Note", "Rang Sue, she looks on Monday").Press("Save note");
        page.Expand("Snooze until…").Type("Until", "2099-01-31").Type("Reason", "Sue looks").Press("Snooze");

        Assert.Contains("Snoozed by ada until 31 Jan 2099 00:00: Sue looks", page.Open().Text);
        Assert.Contains("note by ada Rang Sue, she looks on Monday", page.Text);
        // Other tests snooze other reports.
        var all = await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM acknowledgement");
        Assert.Contains($"({all} snoozed)", world.Browser.Go("/admin").Text);
    }

    [Fact]
    public async Task Many_reports_are_found_exported_previewed_and_retried_with_progress()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        world.Council.Service.CreateError = ("Request not created", "AnalysisCode2 is not valid");
        var ids = new List<string>();
        for (var i = 0; i < 37; i++)
            ids.Add(await world.ReportAsync($"many-{i}", state: 5, $"Flooded again zebra {i}"));
        world.Council.Service.CreateError = null;

        world.Browser.Go("/admin/reports").Choose("State", "held").Type("Cause (exact text)", "The council's system refused the data sent to it.")
            .Press("Search");
        await world.Browser.ReloadUntilAsync(ids[^1]);
        // Search by words once they are indexed; the newest report is indexed last.
        world.Browser.Go("/admin/reports").Choose("State", "held").Type("Id or words", "ZEBRA again").Press("Search");
        await world.Browser.ReloadUntilAsync(ids[^1]);
        var csv = (await Csv(world.Browser.LinkTo("Save as CSV"))).Split("\r\n");
        Assert.Equal(37 + 2, csv.Length);
        Assert.StartsWith("\uFEFFreport,kind,council", csv[0]);

        world.Browser.Click("Act on all results");
        Assert.Matches(@"37 reports; sending takes (less than a second|about \d+ s)\.", world.Browser.TextOf(".says"));
        world.Browser.Type("Reason", "they added the codes").Press("Retry 37 reports");
        await world.Browser.WaitForAsync("Retrying 37 reports: 37 queued, 0 refused, 0 left");

        foreach (var id in ids)
            await world.SentAsync(id);
        Assert.Equal(37, world.Council.Service.Cases.Count(c => c.Request["Description"].Contains("zebra", StringComparison.Ordinal)));
        Assert.Empty(world.Browser.Violations());
    }

    [Fact]
    public async Task Many_reports_are_rerouted_marked_as_sent_cancelled_or_snoozed()
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        var by = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (what, button, result) in new[]
        {
            ("Send through another back end", "Send 2 reports through another back end", "2 queued, 0 refused, 0 left"),
            ("Mark as sent", "Mark 2 reports as sent", "2 marked, 0 refused, 0 left"),
            ("Cancel", "Cancel 2 reports", "2 cancelled, 0 refused, 0 left"),
            ("Snooze", "Snooze 2 reports", "2 snoozed, 0 refused, 0 left"),
        })
        {
            world.Council.Service.CreateError = No;
            by[what] = [await world.ReportAsync($"{what}-1", state: 5, $"Two to {what}", "SUBWAY"),
                await world.ReportAsync($"{what}-2", state: 5, $"Two to {what}", "SUBWAY")];
            world.Council.Service.CreateError = null;

            world.Browser.Go("/admin/reports").Choose("State", "held").Type("Service code", "SUBWAY").Press("Search").Click("Act on all results")
                .Tick(what);
            world.Browser.Choose("Other back end", "email").Type("Snooze until", "2099-01-31").Type("Reason", "a test").Press(button);
            await world.Browser.WaitForAsync(result);
        }

        foreach (var id in by["Send through another back end"])
        {
            await world.SentAsync(id);
            Assert.Single(world.Mails(), m => m.Contains(id, StringComparison.Ordinal));
        }

        foreach (var (what, state) in new[] { ("Mark as sent", 2), ("Cancel", 7), ("Snooze", 5) })
            foreach (var id in by[what])
                Assert.Equal(state, await world.StateAsync(id));
        Assert.Equal(
            2, await world.Gateway.ReadAsync<int>(
                "SELECT COUNT(*) FROM acknowledgement a JOIN report r ON r.id = a.report_id WHERE r.service_code = 'SUBWAY'"));
        Assert.DoesNotContain(world.Council.Service.Cases, c => c.Request["Description"].Contains("Two to", StringComparison.Ordinal));
    }

    private async Task<string> Csv(string address)
    {
        using var visitor = await Visitor.SignedInAsync(world.Gateway, PluginGateway.Admin.SignIn.Role.Viewer);
        return (await visitor.GetAsync(address)).Body;
    }

    private async Task<ReportPage> HeldAsync(string reference, string description = "A hole in the road")
    {
        Assert.SkipUnless(Browser.IsInstalled, Browser.NotInstalled);
        world.Council.Service.CreateError = No;
        return new ReportPage(world, await world.ReportAsync(reference, state: 5, description)).Open();
    }

    private SymologyCase Case(string reference) =>
        world.Council.Service.Cases.Single(c => c.Request["ExternalRef"] == reference || c.Request["InWebRequestID"] == reference);

    /// <summary>The page of a report.</summary>
    private sealed class ReportPage(OperatorWorld world, string id)
    {
        public string Id => id;

        public string Text => world.Browser.Text;

        public ReportPage Open()
        {
            world.Browser.Go($"/admin/reports/{id}");
            return this;
        }

        public string TextOf(string selector) => world.Browser.TextOf(selector);

        public Browser Expand(string summary) => world.Browser.Expand(summary);
    }
}
