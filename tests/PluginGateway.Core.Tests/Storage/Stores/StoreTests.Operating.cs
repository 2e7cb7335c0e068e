using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    private ReportActions Actions => _world.Get<ReportActions>();

    private static readonly QueueFilter Everything = new(null, null, null, null);

    [Fact]
    public async Task Held_report_is_found_resent_and_marked_as_sent()
    {
        var report = await HeldAsync("ref");
        var reading = _world.Get<QueueQueries>();
        var row = Assert.Single(await reading.ListAsync(new QueueFilter("c", "main", "BIN", DeliveryState.Held), 10, default));
        Assert.Equal((report.OwnId, "no"), (row.Report, row.Cause));
        Assert.Equal((true, false), (await reading.HasReportsAsync("c", "BIN", default), await reading.HasReportsAsync("c", "bin", default)));
        Assert.Equal(1, Assert.Single(await reading.ByCauseAsync(Everything, default)).Count);
        Assert.Equal(report.DeliveryId, Assert.Single(await reading.IdsAsync(Everything, default)));

        Assert.True((await Actions.ResendAsync(report.OwnId, false, "op", "again", default)).Done);
        await Recorder.FailedAsync(
            Assert.Single(await _world.ClaimAsync()), new AttemptResult { Outcome = AttemptOutcome.Unknown, Cause = "time-out" }, "", 1, default);
        Assert.False((await Actions.ResendAsync(report.OwnId, false, "op", "again", default)).Done);
        Assert.True((await Actions.MarkSentAsync(report.OwnId, "CASE-9", (_, _) => _world.Main, "op", "seen there", default)).Done);

        var (target, _) = await _world.Database.ReadAsync(db => DeliveryReference.FindAsync(db, "CASE-9"), default);
        Assert.Equal((report.OwnId, DeliveryState.Sent), (target!.OwnId, target.State));
        Assert.True((await reading.EventsAsync(target, default)).Count >= 5);
    }

    [Fact]
    public async Task Update_is_marked_by_its_number_and_cancelling_a_report_cancels_its_updates()
    {
        var report = await HeldAsync("ref");
        await UpdateAsync(report, "u1");
        await UpdateAsync(report, "u2");
        var updates = await _world.Database.ReadAsync(db => db.ListAsync<long>("SELECT id FROM delivery WHERE kind = 3 ORDER BY id"), default);
        Assert.True((await Actions.MarkSentAsync($"{updates[0]}", null, (_, _) => null, "op", "by telephone", default)).Done);

        Assert.True((await Actions.CancelAsync(report.OwnId, "op", "a test", default)).Done);

        Assert.Equal(2, await _world.CountAsync("delivery WHERE state = 7"));
        await UpdateAsync(report, "u3");
        Assert.Equal(1, await _world.CountAsync("delivery WHERE cause = 'Its report was cancelled.' AND kind = 3 AND id > " + updates[1]));
        Assert.False((await Actions.CancelAsync(report.OwnId, "op", "twice", default)).Done);
        Assert.False((await Actions.CancelAsync("nonsense", "op", "x", default)).Done);
    }

    [Fact]
    public async Task Cancelling_a_follow_up_cancels_the_later_ones()
    {
        await _world.AcceptAsync(null);
        await _world.SendAsync("CASE-1", new Contracts.Submission { FollowUps = [new() { Kind = "a" }, new() { Kind = "b" }, new() { Kind = "c" }] });
        var first = await _world.ScalarAsync<long>("SELECT MIN(id) FROM delivery WHERE kind = 4");

        Assert.True((await Actions.CancelAsync($"{first}", "op", "a test", default)).Done);

        Assert.Equal(3, await _world.CountAsync("delivery WHERE kind = 4 AND state = 7"));
    }

    [Fact]
    public async Task One_report_or_all_waiting_ones_are_rerouted()
    {
        var report = await HeldAsync("one");
        Assert.True((await Actions.RouteAsync(report.OwnId, _world.Spare, "op", "main is wrong", default)).Done);
        Assert.Single(await _world.ClaimAsync(backEnd: _world.Spare));

        await HeldAsync("two");
        await _world.AcceptAsync("three");
        var routes = _world.Get<RouteActions>();
        Assert.Equal(1, await routes.SetAsync(_world.Council, "LAMP", _world.Main, true, "op", "lamps stay", default) + 1);
        Assert.Equal(2, await routes.SetAsync(_world.Council, "", _world.Spare, true, "op", "all", default));
        Assert.Equal(0, await routes.SetAsync(_world.Council, "", _world.Spare, true, "op", "all again", default));
        Assert.Equal(2, (await routes.ListAsync(default)).Count);
        Assert.Equal(2, (await _world.ClaimAsync(backEnd: _world.Spare)).Count);
    }

    [Fact]
    public async Task Edited_report_is_sent_with_its_new_content()
    {
        var report = await HeldAsync("ref");

        var edited = await _world.Get<ReportEdit>()
            .RunAsync(report.OwnId, _world.Get<CouncilDirectory>().Current, r => r with { Description = "Two bins" }, revision: 1, "op", "typo", default);
        Assert.False(
            (await _world.Get<ReportEdit>().RunAsync(report.OwnId, _world.Get<CouncilDirectory>().Current, r => r, revision: 1, "op", "late", default)).Done);
        Assert.Equal((true, $"Revision 2 was queued for sending. Its id is {report.OwnId}."), (edited.Done, edited.Text));

        Assert.Equal("Two bins", (await Deliveries.ContentAsync(report.ReportId, 2, default))!.Request.Description);
        Assert.True((await _world.AcceptAsync("ref", "ref")).Repeat);
    }

    private async Task<AcceptResult> HeldAsync(string reference)
    {
        var report = await _world.AcceptAsync(reference, reference);
        var claimed = (await _world.ClaimAsync()).Single(d => d.ReportId == report.ReportId);
        await Recorder.FailedAsync(claimed, new AttemptResult { Outcome = AttemptOutcome.Rejected, Cause = "no" }, "", 1, default);
        return report;
    }
}
