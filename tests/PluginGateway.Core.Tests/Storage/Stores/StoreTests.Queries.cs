using PluginGateway.Admin.Queries;
using PluginGateway.Admin.SignIn;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Email;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Search;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    private const string Password = "correct horse battery";

    private static readonly Actor Boss = new() { AccountId = 1, Name = "boss", Role = Role.Admin, Councils = [], HasSecondFactor = false };

    [Fact]
    public async Task Deliveries_are_counted_by_lane_and_cause()
    {
        await HeldAsync("held");
        await _world.AcceptAsync("failing");
        await Recorder.FailedAsync(
            Assert.Single(await _world.ClaimAsync(1)), new AttemptResult { Outcome = AttemptOutcome.Transient, Cause = "503" }, "", 1, default);
        await _world.Get<SuspensionStore>().PauseAsync(new SuspensionScope("c", "", "LAMP"), "a test", "op", null, default);
        await _world.AcceptAsync("paused", service: "LAMP");
        await _world.ExecuteAsync("UPDATE delivery SET hold = 1 WHERE state = 0");
        await _world.AcceptAsync("waiting");
        var reading = _world.Get<LaneQueries>();

        var lane = Assert.Single(await reading.LanesAsync(default), l => l.BackEnd == "main");
        var counts = await reading.CountsAsync(_world.Now, default);
        Assert.Equal(new LaneCounts { Waiting = 3, Failing = 1, Stuck = 1 }, counts.Of(lane.Id));
        Assert.Equal(new LaneCounts { Waiting = 3, Failing = 1, Stuck = 1 }, counts.Of("c"));

        // Copies wait too, but each report counts once.
        var copies = await _world.Get<Lanes>().IdAsync(_world.Spare, default);
        await _world.ExecuteAsync(
            $"""
            INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created, first_tried, attempts,
                failures, may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
            SELECT id + 100, report_id, revision, {(int)DeliveryKind.Copy}, 1, 'spare', {copies}, state, hold, 0, due, created, 0, 0, 0, 0, '', 0, '', cause
            FROM delivery WHERE state <> 2
            """);
        counts = await reading.CountsAsync(_world.Now, default);
        Assert.Equal(3, counts.Of(copies).Waiting);
        Assert.Equal(new LaneCounts { Waiting = 3, Failing = 1, Stuck = 1 }, counts.Of("c"));
        var all = await _world.Get<Overview>().ReadAsync(Boss, default);
        Assert.Equal((3, 1), (all.Waiting, all.Undelivered));
        Assert.StartsWith("1 report is not getting through. It is for ", all.Summary(static _ => "then"), StringComparison.Ordinal);
        Assert.Equal(3, Assert.Single(all.Councils).Counts.Waiting);
        await _world.ExecuteAsync($"DELETE FROM delivery WHERE lane_id = {copies}");
        Assert.Equal(["503", "no"], (await reading.CausesAsync(_world.Now, default)).Select(c => c.Cause).Order(StringComparer.Ordinal));
        Assert.True((await reading.OldestWaitingAsync(default))[lane.Id] > 0);

        var home = await _world.Get<Overview>().ReadAsync(Boss, default);
        Assert.Equal(Standing.Error, home.Standing);
        Assert.Contains(home.Issues, t => t is { What: "no", Count: 1 });
        Assert.Contains(home.Issues, t => t is { What: "Paused by op (a test)", Count: 1 });
    }

    [Fact]
    public async Task Sent_deliveries_are_counted_per_hour()
    {
        await _world.AcceptAsync("one");
        var delivery = Assert.Single(await _world.ClaimAsync(1));
        var hours = _world.Get<HourCounts>();
        for (var i = 0; i < 2; i++)
        {
            hours.Sent(delivery);
            hours.NotSent(delivery, AttemptOutcome.Transient, "503");
            await hours.SaveAsync();
        }

        var counts = await hours.ListAsync(HourCounts.HourOf(_world.Now), default);
        Assert.Equal([(HourCounts.Failed, 2L), (0, 2L)], counts.Select(c => (c.Bucket, c.Count)).Order());
        var lane = Assert.Single(await _world.Get<LaneQueries>().LanesAsync(default), l => l.LastAttempt > 0);
        Assert.Equal((_world.Now, AttemptOutcome.Transient, "503"), (lane.LastAttempt, lane.LastOutcome, lane.LastCause));
        Assert.Equal(0.5, HourCounts.Quantile(counts.Select(c => (c.Bucket, c.Count)), 0.5));
    }

    [Fact]
    public async Task Reports_are_found_by_state_words_and_service_until_their_content_is_removed()
    {
        var held = await HeldAsync("held");
        await _world.AcceptAsync("lamp", "The lamp by the school is dark", "LAMP");
        await _world.SendAsync("CASE-1");
        var index = _world.Get<ReportTermIndex>();
        Assert.False(await index.StepAsync(default));
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True(await index.StepAsync(default));
        Assert.False(await index.StepAsync(default));

        Assert.Equal(2, (await FindAsync(new SearchFilter())).Count);
        foreach (var state in Enum.GetValues<StateFilter>())
            await FindAsync(
                new SearchFilter { States = state, Council = "c", BackEnd = "main", Service = "BIN", Cause = "no", From = 1, To = _world.Now, Text = "bin" },
                before: long.MaxValue);
        Assert.Equal(held.OwnId, Assert.Single(await FindAsync(new SearchFilter { States = StateFilter.Held, Text = "HELD" })).OwnId);
        Assert.Single(await FindAsync(new SearchFilter { Text = "school LAMP" }));
        Assert.Empty(await FindAsync(new SearchFilter { Text = "school held" }));
        Assert.Empty(await FindAsync(new SearchFilter { Text = "…" }));
        Assert.Single(await FindAsync(new SearchFilter { Service = "LAMP", States = StateFilter.Sent }));
        Assert.Empty(await FindAsync(new SearchFilter(), Boss with { Councils = ["other"] }));
        Assert.Equal(held.OwnId, Assert.Single(await FindAsync(new SearchFilter { Cause = "no" })).OwnId);
        Assert.Empty(await FindAsync(new SearchFilter { Cause = "no", States = StateFilter.Sent }));

        await _world.AcceptAsync("lamp", "The beacon by the school is dark", "LAMP");
        Assert.True(await index.StepAsync(default));
        Assert.Single(await FindAsync(new SearchFilter { Text = "beacon" }));

        await _world.SendAsync("CASE-2");
        _world.Clock.Advance(TimeSpan.FromDays(200));
        await _world.Get<RetentionRun>().RunAsync(remove: true, default);
        Assert.Empty(await FindAsync(new SearchFilter { Text = "school" }));
        Assert.Single(await FindAsync(new SearchFilter { Text = "held" }));
    }

    [Fact]
    public async Task Reports_are_found_by_back_end_and_time()
    {
        // After the times of other tests in this process, because ids never decrease.
        _world.Clock.Advance(TimeSpan.FromDays(5_000));
        var before = _world.Now;
        var held = await HeldAsync("held");
        await _world.AcceptAsync("lamp", "The lamp by the school is dark", "LAMP");
        await _world.SendAsync("CASE-1");
        _world.Clock.Advance(TimeSpan.FromDays(1));
        var index = _world.Get<ReportTermIndex>();
        Assert.True(await index.StepAsync(default));
        foreach (var states in (StateFilter[])[StateFilter.All, StateFilter.Held])
        {
            Assert.Contains(held.OwnId, (await FindAsync(new SearchFilter { BackEnd = "main", States = states })).Select(f => f.OwnId));
            Assert.Empty(await FindAsync(new SearchFilter { BackEnd = "spare", States = states }));
        }

        Assert.Equal(1, await _world.Get<RouteActions>().SetAsync(_world.Council, "BIN", _world.Spare, anyService: true, "op", "a test", default));
        Assert.True(await index.StepAsync(default));
        Assert.Equal(held.OwnId, Assert.Single(await FindAsync(new SearchFilter { BackEnd = "spare" })).OwnId);
        Assert.NotEqual(held.OwnId, Assert.Single(await FindAsync(new SearchFilter { BackEnd = "main" })).OwnId);

        // Simulates a database of a version that did not index back ends.
        await _world.ExecuteAsync("DELETE FROM report_term");
        await _world.ExecuteAsync("DELETE FROM job_checkpoint WHERE name = 'terms-backends'");
        await _world.AcceptAsync("new", "The newest", "LAMP");
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        while (await index.StepAsync(default))
        {
        }

        Assert.Single(await FindAsync(new SearchFilter { Text = "newest" }));
        Assert.Equal(2, (await FindAsync(new SearchFilter { BackEnd = "main" })).Count);
        Assert.Single(await FindAsync(new SearchFilter { BackEnd = "spare" }));

        foreach (var filter in (SearchFilter[])[new(), new() { Council = "c" }, new() { Text = "the" }, new() { States = StateFilter.Unsent }])
        {
            var count = (await FindAsync(filter)).Count;
            Assert.Equal(count, (await FindAsync(filter with { From = before })).Count);
            Assert.Equal(count, (await FindAsync(filter with { From = before, To = _world.Now })).Count);
            Assert.Empty(await FindAsync(filter with { From = _world.Now }));
            Assert.Empty(await FindAsync(filter with { To = before }));
        }
    }

    [Fact]
    public async Task Reports_that_become_visible_late_are_found()
    {
        await _world.AcceptAsync("late", "The bench by the pond is broken", "LAMP");
        _world.Clock.Advance(TimeSpan.FromSeconds(1));
        await _world.AcceptAsync("other", "The gate by the pond is broken", "LAMP");
        var index = _world.Get<ReportTermIndex>();
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True(await index.StepAsync(default));
        // As if the first had been committed only now.
        await _world.ExecuteAsync("DELETE FROM report_term WHERE report_id = (SELECT MIN(id) FROM report)");
        Assert.False(await index.StepAsync(default));
        Assert.Single(await FindAsync(new SearchFilter { Text = "pond" }));

        _world.Clock.Advance(TimeSpan.FromMinutes(16));
        Assert.False(await index.CheckAsync(default));
        Assert.Equal(2, (await FindAsync(new SearchFilter { Text = "pond" })).Count);
        Assert.False(await index.CheckAsync(default));
    }

    [Fact]
    public async Task Many_councils_are_searched_and_counted_although_a_statement_has_few_parameters()
    {
        var report = await _world.AcceptAsync("ref", "One two three four five six seven eight nine");
        _world.Clock.Advance(TimeSpan.FromSeconds(11));
        Assert.True(await _world.Get<ReportTermIndex>().StepAsync(default));
        await _world.Database.WriteAsync(
            async db =>
            {
                for (var i = 0; i < 300; i++)
                    await db.ExecuteAsync("INSERT INTO lane (council, backend) VALUES (@council, 'main')", new { council = $"council{i}" });
                return 0;
            },
            default);
        var some = Boss with { Councils = [.. Enumerable.Range(0, 250).Select(i => $"council{i}"), "c"] };

        foreach (var actor in new[] { Boss, some })
            foreach (var states in new[] { StateFilter.All, StateFilter.Unsent, StateFilter.Sent })
                foreach (var text in new[] { null, "one two three four five six seven eight nine" })
                    Assert.Equal(
                        states == StateFilter.Sent ? 0 : 1,
                        (await FindAsync(new SearchFilter { Text = text, States = states }, actor)).Count);
        Assert.NotNull((await _world.Database.ReadAsync(db => DeliveryReference.FindAsync(db, report.OwnId, some.Councils), default)).Found);
        await _world.Get<Overview>().ReadAsync(Boss, default);
    }

    [Fact]
    public async Task History_of_a_report_contains_its_files_and_updates()
    {
        var file = await _world.Get<AttachmentStore>().SaveAsync("a.jpg", "image/jpeg", new MemoryStream([1, 2, 3]), default);
        var report = await _world.AcceptAsync("shown");
        await _world.Database.WriteAsync(
            async db =>
            {
                await AttachmentStore.AdoptAsync(db, report.ReportId, [file]);
                return 0;
            },
            default);
        await _world.SendAsync("CASE-7");
        await UpdateAsync(report, "u1");
        await _world.Get<PluginGateway.Core.Updates.CouncilUpdateStore>()
            .AddAsync(_world.Main, [
                new CouncilUpdate { UpdateId = "n1", BackEndId = "CASE-7", Status = "fixed", OccurredAt = _world.Clock.GetUtcNow() }], false, 0, false, default);
        await _world.Get<Acknowledgements>().NoteAsync((await TargetAsync(report.OwnId))!, "op", "a note", default);

        var history = (await _world.Get<ReportHistoryQuery>().ReadAsync("CASE-7", [], default))!;
        var timeline = Timeline.Of(history, people: false);

        Assert.Contains(timeline, e => e.Title == "received from a site");
        Assert.Contains(timeline, e => e.Title == "report to main, attempt 1");
        Assert.Contains(timeline, e => e.Title == "update from the client");
        Assert.Contains(timeline, e => e is { Title: "update from main", Text: "fixed" });
        Assert.Contains(timeline, e => e is { Title: "note by op", Text: "a note" });
        Assert.Equal("a.jpg", (await _world.Get<AttachmentStore>().FindAsync(report.ReportId, file.Id, default))!.FileName);
        Assert.Null(await _world.Get<AttachmentStore>().FindAsync(report.ReportId + 256, file.Id, default));
        Assert.Null(await _world.Get<ReportHistoryQuery>().ReadAsync("nonsense", ["c"], default));
        Assert.NotNull(await _world.Get<TemplatePreview>().FindAsync(null, default));
    }

    [Fact]
    public async Task Report_is_snoozed_until_a_time()
    {
        var report = await HeldAsync("off");
        var (acknowledgements, target) = (_world.Get<Acknowledgements>(), (await TargetAsync(report.OwnId))!);

        for (var i = 1; i < 3; i++)
            Assert.True((await acknowledgements.SetAsync(target, _world.Clock.GetUtcNow().AddDays(i), "op", "later", default)).Done);
        Assert.Equal(1, Assert.Single(await _world.Get<LaneQueries>().CausesAsync(_world.Now, default)).Acknowledged);
        Assert.Equal("op", (await acknowledgements.FindAsync(report.ReportId, default))!.ByWhom);

        Assert.True((await acknowledgements.SetAsync(target, _world.Clock.GetUtcNow(), "op", "no more", default)).Done);
        Assert.Null(await acknowledgements.FindAsync(report.ReportId, default));
    }

    [Fact]
    public async Task Route_is_previewed_set_and_removed()
    {
        await HeldAsync("b");
        await _world.AcceptAsync("a", service: "LAMP");
        await _world.ExecuteAsync("UPDATE delivery SET may_have_been_delivered = 1 WHERE state = 5");
        var routes = _world.Get<RouteActions>();

        Assert.Equal(new RoutePreview(1, 1), await routes.PreviewAsync(_world.Council, "", [new RouteTarget("", _world.Spare)], default));
        Assert.Equal(1, await routes.SetAsync(_world.Council, "LAMP", _world.Spare, anyService: true, "op", "lamps", default));
        RouteTarget[] owner = [new RouteTarget(_world.Main.Name, _world.Main)];
        Assert.Equal(0, await routes.ResetAsync(_world.Council, "LAMP", [new RouteTarget("other", _world.Main)], "op", "not its owner", default));
        Assert.Equal(1, await routes.ResetAsync(_world.Council, "LAMP", owner, "op", "back", default));
        Assert.Empty(await routes.ListAsync(default));
    }

    [Fact]
    public async Task Bulk_job_processes_its_items_and_stores_the_results()
    {
        var report = await HeldAsync("many");
        var preview = await _world.Get<BulkPreview>().ReadAsync(new SearchFilter { States = StateFilter.Held }, Boss, default);
        Assert.Equal((1, 0L), (preview.Deliveries.Count, preview.MayHaveBeenDelivered));
        var jobs = _world.Get<BulkJobs>();
        var id = await jobs.CreateAsync(BulkAction.Resend, "", ["c"], [.. preview.Deliveries, 5], "op", "they are back", default);

        Assert.Equal(id, (await jobs.NextAsync(default))!.Id);
        var items = await jobs.OpenAsync(id, 10, default);
        Assert.Equal([report.DeliveryId, 5], items.Select(i => i.DeliveryId));
        await jobs.RecordAsync(id, [(items[0].Number, ActionOutcome.Yes("pending")), (items[1].Number, ActionOutcome.No("not there"))], default);
        // A repeated result is not counted twice.
        await jobs.RecordAsync(id, [(items[0].Number, ActionOutcome.Yes("pending"))], default);
        await jobs.EndAsync(id, default);

        var job = (await jobs.FindAsync(id, default))!;
        Assert.Equal((2L, 1L, 1L), (job.Total, job.Done, job.Refused));
        Assert.Equal("not there", Assert.Single(await jobs.RefusedAsync(id, 10, default)).Text);
        Assert.Null(await jobs.NextAsync(default));
    }

    [Fact]
    public async Task Templates_of_an_earlier_version_are_kept_and_reported_but_not_used()
    {
        var (store, templates) = (_world.Get<TemplateStore>(), _world.Get<MailTemplates>());
        await store.PublishAsync("report.text.hbs", "Dear {{council}}", "op", default);
        await store.DraftAsync("report.html.hbs", "<p>{{{description}}}</p>", default);
        await templates.RefreshAsync(default);
        Assert.Equal("report.text.hbs", Assert.Single(templates.Problems).Name);

        // A template with the new name replaces it, including its problem.
        await store.PublishAsync("report.sbn-txt", "{{#if address}}{{{address}}}{{/if}}", "op", default);
        templates.Invalidate();
        await templates.RefreshAsync(default);

        Assert.Contains(
            "A report for Sample Council.", await templates.RenderAsync(null, "report.sbn-txt", ReportMailModel.For(ReportMailSamples.Full), default),
            StringComparison.Ordinal);
        Assert.Equal(("report.sbn-txt", "op"), (Assert.Single(templates.Problems).Name, templates.Problems[0].ByWhom));
        Assert.Equal("Dear {{council}}", StoredTemplate.Text((await store.FindEarlierAsync("report.sbn-txt", default))!.Content));
        Assert.Equal("<p>{{{description}}}</p>", StoredTemplate.Text((await store.FindEarlierAsync("report.sbn-html", default))!.Draft));
    }

    [Fact]
    public async Task Template_is_changed_for_all_hosts_and_reverted()
    {
        var (store, templates) = (_world.Get<TemplateStore>(), _world.Get<MailTemplates>());
        Assert.False(await store.UndoAsync("report.sbn-txt", "op", default));
        await store.DraftAsync("report.sbn-txt", "draft", default);
        Assert.True(await store.PublishAsync("report.sbn-txt", "Dear {{ council }}", "op", default));
        await templates.RefreshAsync(default);

        var values = ReportMailModel.For(ReportMailSamples.Full);
        Assert.Equal("Dear Sample Council", await templates.RenderAsync(null, "report.sbn-txt", values, default));
        Assert.Equal("op", (await store.FindAsync("report.sbn-txt", default))!.ByWhom);
        Assert.True(await store.UndoAsync("report.sbn-txt", "op", default));
        templates.Invalidate();
        await templates.RefreshAsync(default);
        Assert.Contains("A report for Sample Council.", await templates.RenderAsync(null, "report.sbn-txt", values, default), StringComparison.Ordinal);
        Assert.Null(Assert.Single(await store.ListAsync(default)).Content);
    }

    private Task<List<FoundReport>> FindAsync(SearchFilter filter, Actor? actor = null, long? before = null) =>
        _world.Get<ReportSearch>().ListAsync(filter, actor ?? Boss, before, 10, default);

    private async Task<DeliveryReference?> TargetAsync(string id) => (await _world.Database.ReadAsync(db => DeliveryReference.FindAsync(db, id), default)).Found;
}
