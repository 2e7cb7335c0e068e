using Symology.Simulator;

namespace PluginGateway.Admin.Tests;

/// <summary>What an operator does to reports, in a browser; and what comes of it at the council.</summary>
public sealed class ReportActionTests(OperatorWorld world) : IClassFixture<OperatorWorld>
{
    private static readonly (string, string?) No = ("Request not created", "AnalysisCode1 is not valid");

    [Fact]
    public async Task A_held_report_is_tried_again_when_the_council_takes_it()
    {
        var page = await HeldAsync("again");
        Assert.Matches("^Held, tried once: .+ A person must decide\\.", page.TextOf(".says"));
        Assert.Contains("AnalysisCode1 is not valid", world.Browser.Unfold("More", last: true).Text);
        world.Council.Service.CreateSays = null;

        page.Unfold("Try now").Type("Why", "they added the code").Press("Try now");

        await world.SentAsync(page.Id);
        Assert.Contains($"where it is {Case("again").Number}", page.Open().TextOf(".says"));
        Assert.Contains("resend by ada held → pending; they added the code", page.Text);
    }

    [Fact]
    public async Task It_is_edited_and_sent_with_what_was_changed()
    {
        var page = await HeldAsync("edit", "A hole in the raod");
        world.Council.Service.CreateSays = null;

        page.Unfold("Edit and send").Type("Description", "A hole in the road by the school").Type("Why", "a slip of the pen").Press("Send it so");

        await world.SentAsync(page.Id);
        Assert.Contains("A hole in the road by the school", Case("edit").Request["Description"]);
        Assert.Contains("revision 2 from ada", page.Open().Text);
    }

    [Fact]
    public async Task It_is_sent_by_another_back_end()
    {
        var page = await HeldAsync("route", "Please by mail");
        world.Council.Service.CreateSays = null;

        page.Unfold("Send it by another back end").Choose("Back end", "email").Type("Why", "they know by mail").Press("Send by this one");

        await world.SentAsync(page.Id);
        Assert.Contains("Please by mail", Assert.Single(world.Mails(), m => m.Contains(page.Id, StringComparison.Ordinal)));
        Assert.DoesNotContain(world.Council.Service.Cases, c => c.Request["Description"].Contains("Please by mail", StringComparison.Ordinal));
        Assert.StartsWith("Sent to email", page.Open().TextOf(".says"));
    }

    [Fact]
    public async Task It_is_marked_as_sent_or_cancelled_and_never_goes_out()
    {
        var marked = await HeldAsync("mark", "I am there already");
        marked.Unfold("Mark as sent").Type("external", "560999").Type("Why", "seen on their screen").Press("Mark as sent");
        Assert.Contains("where it is 560999", marked.Open().TextOf(".says"));

        var cancelled = await HeldAsync("cancel", "Never mind me");
        cancelled.Unfold("Cancel").Type("Why", "a joke").PressAndAgree("Do not send it");
        Assert.StartsWith("Cancelled", cancelled.Open().TextOf(".says"));

        world.Council.Service.CreateSays = null;
        await world.ReportAsync("after", state: 2);
        Assert.DoesNotContain(
            world.Council.Service.Cases,
            c => c.Request["Description"] is var d
                && (d.Contains("there already", StringComparison.Ordinal) || d.Contains("Never mind", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task One_that_may_be_there_is_sent_again_only_by_who_has_looked()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        world.Council.Service.CreateSays = null;
        world.Council.Service.Next.Enqueue(Misbehaviour.HangUpAfter);
        var id = await world.ReportAsync("maybe", state: 4, "Twice?");
        var page = new ReportPage(world, id);
        Assert.StartsWith("It may have arrived, tried once", page.Open().TextOf(".says"));

        page.Unfold("Try now").Type("Why", "impatient").Press("Try now");
        Assert.Contains("The council's system may have it.", page.Text);
        Assert.Empty(world.Browser.Complaints());
        Assert.Equal(4, await world.StateAsync(id));

        // The form is open still, with what was typed.
        Assert.Equal("impatient", world.Browser.ValueOf("Why"));
        world.Browser.Tick("although it may be there").Type("Why", "it is not there").Press("Try now");
        await world.SentAsync(id);
    }

    [Fact]
    public async Task It_is_noted_and_put_off_and_the_home_page_counts_it_apart()
    {
        var page = await HeldAsync("ack");

        page.Unfold("Note").Type("Note", "Rang Sue, she looks on Monday").Press("Keep the note");
        page.Unfold("Put off").Type("Until", "2099-01-31").Type("Why", "Sue looks").Press("Put off");

        Assert.Contains("Put off by ada until 31 Jan 2099 00:00: Sue looks", page.Open().Text);
        Assert.Contains("note by ada Rang Sue, she looks on Monday", page.Text);
        // Other tests put off others.
        var all = await world.Gateway.ReadAsync<long>("SELECT COUNT(*) FROM acknowledgement");
        Assert.Contains($"({all} put off)", world.Browser.Go("/admin").Text);
    }

    [Fact]
    public async Task Many_are_found_previewed_and_sent_with_a_bar_and_saved_for_a_spreadsheet()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        world.Council.Service.CreateSays = ("Request not created", "AnalysisCode2 is not valid");
        var ids = new List<string>();
        for (var i = 0; i < 37; i++)
            ids.Add(await world.ReportAsync($"many-{i}", state: 5, $"Flooded again zebra {i}"));
        world.Council.Service.CreateSays = null;

        world.Browser.Go("/admin/reports").Choose("State", "held").Type("Cause, exactly", "The council's system does not take it as it is.").Press("Search");
        await world.Browser.SeeAsync(ids[^1]);
        // By words, once they were taken in: the newest is the last to be.
        world.Browser.Go("/admin/reports").Choose("State", "held").Type("Id or words", "ZEBRA again").Press("Search");
        await world.Browser.SeeAsync(ids[^1]);
        var csv = (await Csv(world.Browser.LinkTo("Save as CSV"))).Split("\r\n");
        Assert.Equal(37 + 2, csv.Length);
        Assert.StartsWith("\uFEFFreport,kind,council", csv[0]);

        world.Browser.Click("Do something to all of these");
        Assert.Matches(@"37 reports, about (less than a second|\d+ s)\.", world.Browser.TextOf(".says"));
        world.Browser.Type("Why", "they added the codes").Press("Do it to 37 reports");
        await world.Browser.SeeLiveAsync("Done: 37 done, 0 not, 0 to go.");

        foreach (var id in ids)
            await world.SentAsync(id);
        Assert.Equal(37, world.Council.Service.Cases.Count(c => c.Request["Description"].Contains("zebra", StringComparison.Ordinal)));
        Assert.Empty(world.Browser.Complaints());
    }

    [Fact]
    public async Task Many_are_sent_by_another_back_end_marked_as_sent_cancelled_or_put_off()
    {
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        var by = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var what in (string[])["Send by another back end", "Mark as sent", "Cancel", "Put off"])
        {
            world.Council.Service.CreateSays = No;
            by[what] = [await world.ReportAsync($"{what}-1", state: 5, $"Two to {what}", "SUBWAY"),
                await world.ReportAsync($"{what}-2", state: 5, $"Two to {what}", "SUBWAY")];
            world.Council.Service.CreateSays = null;

            world.Browser.Go("/admin/reports").Choose("State", "held").Type("Service code", "SUBWAY").Press("Search").Click("Do something to all of these")
                .Tick(what);
            world.Browser.Choose("Other back end", "email").Type("Put off until", "2099-01-31").Type("Why", "a test").Press("Do it to 2 reports");
            await world.Browser.SeeLiveAsync("Done: 2 done, 0 not, 0 to go.");
        }

        foreach (var id in by["Send by another back end"])
        {
            await world.SentAsync(id);
            Assert.Single(world.Mails(), m => m.Contains(id, StringComparison.Ordinal));
        }

        foreach (var (what, state) in new[] { ("Mark as sent", 2), ("Cancel", 7), ("Put off", 5) })
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
        Assert.SkipUnless(Browser.IsThere, Browser.Why);
        world.Council.Service.CreateSays = No;
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

        public Browser Unfold(string summary) => world.Browser.Unfold(summary);
    }
}
