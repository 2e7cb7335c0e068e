using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Alerts;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    private DeliveryStore Deliveries => _world.Get<DeliveryStore>();

    private OutcomeRecorder Recorder => _world.Get<OutcomeRecorder>();

    private SuspensionStore Suspensions => _world.Get<SuspensionStore>();

    [Fact]
    public async Task What_is_claimed_is_nobody_else_s_and_comes_in_the_order_it_is_due()
    {
        for (var i = 0; i < 5; i++)
        {
            await _world.AcceptAsync(null, $"Bin {i}");
            _world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True(await Deliveries.HasDueAsync(await _world.LaneAsync(), paused: true, default));
        var first = await _world.ClaimAsync(3);
        var rest = await _world.ClaimAsync(3);
        Assert.Equal((3, 2), (first.Count, rest.Count));
        Assert.Equal(5, first.Concat(rest).Select(d => d.Id).Distinct().Count());
        Assert.Equal(first.Concat(rest).Select(d => d.ReportId).Order(), first.Concat(rest).Select(d => d.ReportId));
        Assert.All(first, d => Assert.Equal((1, DeliveryKind.Report, "main"), (d.Tries, d.Kind, d.DestKey)));
        Assert.False(await Deliveries.HasDueAsync(await _world.LaneAsync(), paused: true, default));
        Assert.Equal(5, await _world.CountAsync("attempt WHERE ended = 0 AND committing = 0"));
    }

    [Fact]
    public async Task One_delivery_is_claimed_once_if_it_was_never_tried()
    {
        var report = await _world.AcceptAsync(null);
        Assert.Single(await Deliveries.ClaimOneAsync(await _world.LaneAsync(), report.DeliveryId, stamps: false, default));
        Assert.Empty(await Deliveries.ClaimOneAsync(await _world.LaneAsync(), report.DeliveryId, stamps: false, default));
        Assert.Equal(1, await _world.CountAsync("attempt WHERE committing > 0"));
    }

    [Fact]
    public async Task A_try_that_was_given_up_can_neither_be_stamped_nor_note_anything()
    {
        await _world.AcceptAsync(null);
        var delivery = Assert.Single(await _world.ClaimAsync());
        await Deliveries.NoteAsync(delivery, new Dictionary<string, string> { ["draft"] = "7" }, default);
        await Deliveries.MarkCommittingAsync(delivery, default);
        await Recorder.FailedAsync(delivery, new TryResult { Outcome = AttemptOutcome.Unknown, Cause = "time-out" }, "", 1, default);

        await Assert.ThrowsAsync<AdapterException>(() => Deliveries.MarkCommittingAsync(delivery, default));
        await Assert.ThrowsAsync<AdapterException>(() => Deliveries.NoteAsync(delivery, new Dictionary<string, string>(), default));
        Assert.Equal(4, await _world.ScalarAsync<long>("SELECT state FROM delivery"));
    }

    [Fact]
    public async Task A_node_that_is_gone_leaves_its_work_to_others_and_what_was_stamped_is_in_doubt()
    {
        await _world.AcceptAsync("stamped");
        await _world.AcceptAsync("not stamped");
        var claimed = await _world.ClaimAsync();
        await Deliveries.MarkCommittingAsync(claimed[0], default);
        await Deliveries.RenewAsync([.. claimed.Select(c => c.Id)], default);
        await Deliveries.RenewAsync([.. claimed.Select(c => c.Id)], default);
        Assert.Equal(0, await Deliveries.RecoverAsync(others: true, default));
        await UpdateAsync(await _world.AcceptAsync("stamped"), "u1");

        _world.Clock.Advance(TimeSpan.FromHours(1));

        // After an outage all leases seem to have ended: another host's are left alone until it had time to be heard.
        await _world.ExecuteAsync("UPDATE delivery SET lease_owner = 'elsewhere/1/x'");
        Assert.Equal(0, await Deliveries.RecoverAsync(others: false, default));
        Assert.Equal(2, await Deliveries.RecoverAsync(others: true, default));
        Assert.Equal(
            (4, 1), (await _world.ScalarAsync<long>($"SELECT state FROM delivery WHERE id = {claimed[0].Id}"),
                await _world.ScalarAsync<long>($"SELECT may_have_been_delivered FROM delivery WHERE id = {claimed[0].Id}")));
        Assert.Equal(3, await _world.ScalarAsync<long>($"SELECT state FROM delivery WHERE id = {claimed[1].Id}"));
        Assert.Equal(2, await _world.CountAsync("attempt WHERE outcome = 7 AND ended > 0"));
        Assert.Equal(0, await Deliveries.RecoverAsync(others: true, default));
    }

    [Fact]
    public async Task What_was_claimed_together_is_read_together()
    {
        for (var i = 0; i < 4; i++)
            await _world.AcceptAsync($"r{i}", $"Bin {i}");
        await _world.AcceptAsync("r2", "Bin 2, moved");
        var watched = new WatchedDatabase(_world.Database);
        var store = new DeliveryStore(
            watched, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), _world.Get<IOptions<SendingOptions>>(),
            _world.Clock);
        var claimed = await store.ClaimDueAsync(await _world.LaneAsync(), 10, stamps: false, null, default);
        Assert.Equal("Bin 0", (await store.ContentAsync(claimed.Single(d => d.Id == claimed.Min(c => c.Id)), default))!.Request.Description);
        var statements = watched.Statements.Count;

        var contents = new List<string>();
        foreach (var delivery in claimed.Where(d => d.Revision == 1))
            contents.Add((await store.ContentAsync(delivery, default))!.Request.Description);
        Assert.Equal(["Bin 0", "Bin 1", "Bin 3"], contents.Order(StringComparer.Ordinal));
        Assert.Equal(statements, watched.Statements.Count);
        Assert.Equal("Bin 2, moved", (await store.ContentAsync(claimed.Single(d => d.Revision == 2), default))!.Request.Description);
    }

    [Fact]
    public async Task When_they_cannot_be_read_together_each_is_read_for_itself()
    {
        await _world.AcceptAsync("a", "One bin");
        await _world.AcceptAsync("b", "Two bins");
        var database = new UnreadableDatabase(_world.Database);
        var store = new DeliveryStore(
            database, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), _world.Get<IOptions<SendingOptions>>(),
            _world.Clock);
        var claimed = await store.ClaimDueAsync(await _world.LaneAsync(), 10, stamps: false, null, default);
        database.CanRead = true;

        Assert.True(claimed[0].Contents!.IsFaulted);
        Assert.Equal(
            ["One bin", "Two bins"],
            [.. (await Task.WhenAll(claimed.Select(d => store.ContentAsync(d, default)))).Select(c => c!.Request.Description).Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public async Task A_claim_whose_commit_got_no_answer_was_not_called_and_is_free_again()
    {
        await _world.AcceptAsync(null);
        var database = new UnansweredDatabase(_world.Database) { IsLosing = true };
        var store = new DeliveryStore(
            database, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), _world.Get<IOptions<SendingOptions>>(),
            _world.Clock);
        var lane = await _world.LaneAsync();
        await Assert.ThrowsAsync<IOException>(() => store.ClaimDueAsync(lane, 1, stamps: false, null, default));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 1"));

        // As long as nobody can be told, it stays.
        await Assert.ThrowsAsync<IOException>(() => store.RecoverAsync(others: true, default));
        database.IsLosing = false;
        Assert.Equal(1, await store.RecoverAsync(others: true, default));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 3 AND may_have_been_delivered = 0"));

        var again = Assert.Single(await store.ClaimDueAsync(lane, 1, stamps: false, null, default));
        Assert.Equal(0, await store.RecoverAsync(others: true, default));
        Assert.Equal((2, 1), (again.Tries, await _world.CountAsync("delivery WHERE state = 1")));
    }

    [Fact]
    public async Task Outcomes_move_a_delivery_and_are_kept_with_its_attempt()
    {
        await _world.AcceptAsync(null);
        var delivery = Assert.Single(await _world.ClaimAsync());
        var next = await Recorder.FailedAsync(delivery, new TryResult { Outcome = AttemptOutcome.Transient, Cause = "It is down." }, "503", 1, default);
        Assert.Equal((DeliveryState.Retrying, 3L), (next.State, await _world.ScalarAsync<long>("SELECT state FROM delivery")));

        _world.Clock.Advance(TimeSpan.FromHours(1));
        delivery = Assert.Single(await _world.ClaimAsync());
        Assert.Equal((2, 1), (delivery.Tries, delivery.Failures));
        await Recorder.FailedAsync(delivery, new TryResult { Outcome = AttemptOutcome.Unknown, Cause = "time-out" }, "", 1, default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        delivery = Assert.Single(await _world.ClaimAsync());
        Assert.Equal(DeliveryState.Unknown, (await Recorder.AskedAsync(delivery, LookupOutcome.Absent, "Not there.", 1, default)).State);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        delivery = Assert.Single(await _world.ClaimAsync());
        Assert.NotEqual(DeliveryState.Sent, (await Recorder.AskedAsync(delivery, LookupOutcome.Absent, "Not there.", 1, default)).State);
        Assert.Equal([2, 6, 8, 8], await _world.Database.ReadAsync(db => db.ListAsync<long>("SELECT outcome FROM attempt ORDER BY number"), default));
    }

    [Fact]
    public async Task Follow_ups_come_one_after_the_other_when_the_report_is_there()
    {
        await _world.AcceptAsync(null);
        await _world.SendAsync(
            "CASE-1", new Submission
            {
                FollowUps = [new FollowUp { Kind = "photo", Data = new Dictionary<string, string> { ["n"] = "1" } },
                    new FollowUp { Kind = "close", NotBefore = TimeSpan.FromHours(1) }],
            });

        var first = Assert.Single(await _world.ClaimAsync());
        Assert.Equal((DeliveryKind.FollowUp, "photo"), (first.Kind, (await FollowUps.FindAsync(_world.Database, first.SubjectId, default))!.Kind));
        await Recorder.DoneAsync(first, "P1", "", 1, default);
        Assert.Empty(await _world.ClaimAsync());
        _world.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal("close", (await FollowUps.FindAsync(_world.Database, Assert.Single(await _world.ClaimAsync()).SubjectId, default))!.Kind);
    }

    [Fact]
    public async Task Copies_go_their_own_way_and_newer_content_takes_their_place()
    {
        var copies = new[] { new Copy(_world.Spare, CopyTime.Accepted), new Copy(_world.Main with { Name = "after" }, CopyTime.Sent) };
        var report = await _world.AcceptAsync("ref", copies: copies);
        Assert.Equal(2, await _world.CountAsync("delivery WHERE kind = 2"));
        await _world.AcceptAsync("ref", "Another bin", copies: copies);

        Assert.Equal(2, await _world.CountAsync("delivery WHERE kind = 2 AND state = 7"));
        var copy = Assert.Single(await _world.ClaimAsync(backEnd: _world.Spare));
        Assert.Equal((DeliveryKind.Copy, 2), (copy.Kind, copy.Revision));
        var delivery = Assert.Single(await _world.ClaimAsync());
        await Deliveries.SavePlanAsync(delivery, new RequestPlan { Facts = new Dictionary<string, string> { ["Team"] = "Bins" } }, [copies[1]], default);
        Assert.Equal("Bins", (await Deliveries.ContentAsync(report.ReportId, 2, default))!.Request.Plan!.Facts["Team"]);
    }

    [Fact]
    public async Task A_pause_holds_and_lets_through_what_it_is_told_to()
    {
        for (var i = 0; i < 4; i++)
            await _world.AcceptAsync(null, $"Bin {i}");
        var scope = new SuspensionScope("c", "main", "");
        Assert.True(await Suspensions.PauseAsync(scope, "works", "op", null, default));
        Assert.False(await Suspensions.PauseAsync(scope, "more works", "op", _world.Clock.GetUtcNow().AddHours(9), default));
        Assert.True(await Suspensions.IsSuspendedAsync(_world.Main, "BIN", default));
        Assert.Empty(await _world.ClaimAsync(closed: _world.Main));

        Assert.True(await Suspensions.ResumeAsync(scope, new Resumption(false, 0), "op", "one", default));
        Assert.Single(await _world.ClaimAsync(closed: _world.Main));
        Assert.Empty(await _world.ClaimAsync(closed: _world.Main));

        Assert.True(await Suspensions.ResumeAsync(scope, new Resumption(false, 60), "op", "slowly", default));
        Assert.NotEmpty(await _world.ClaimAsync(1, closed: _world.Main));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEmpty(await _world.ClaimAsync(closed: _world.Main));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Suspensions.EndAsync(_world.Get<CouncilDirectory>().Current, default);
        Assert.Empty(await Suspensions.ListAsync(default));
        Assert.False(await Suspensions.ResumeAsync(scope, new Resumption(true, 0), "op", "all", default));
        Assert.Equal(5, await _world.CountAsync("audit"));
    }

    [Fact]
    public async Task A_paused_service_shuts_gates_and_its_end_opens_them()
    {
        await _world.AcceptAsync(null);
        await _world.AcceptAsync("lamp", service: "LAMP");
        var scope = new SuspensionScope("c", "", "LAMP");
        await Suspensions.PauseAsync(scope, "works", "op", null, default);
        Assert.Single(await _world.ClaimAsync(closed: _world.Main));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE hold = 1"));
        Assert.True(await Deliveries.HasDueAsync(await _world.LaneAsync(), paused: true, default));

        // Another service: which pause holds it is to be found anew.
        await _world.AcceptAsync("lamp", "It is a bin.");
        await Suspensions.ResumeAsync(scope, new Resumption(false, 1), "op", "one", default);
        Assert.Single(await _world.ClaimAsync(closed: _world.Main));
        await _world.AcceptAsync(null, service: "LAMP");
        await _world.AcceptAsync(null, service: "LAMP");
        Assert.Single(await _world.ClaimAsync(closed: _world.Main));
        Assert.Empty(await _world.ClaimAsync(closed: _world.Main));
        await Suspensions.ReleaseHoldsAsync(default);
        await Suspensions.ResumeAsync(scope, new Resumption(true, 0), "op", "all", default);
        Assert.Equal(0, await _world.CountAsync("delivery WHERE hold = 1"));
        Assert.Single(await _world.ClaimAsync());
    }

    [Fact]
    public async Task However_many_wait_all_are_held_and_let_go()
    {
        const int count = 1_300;
        var pattern = (await _world.AcceptAsync("lamp", service: "LAMP")).OwnId;
        await QueueFill.AddAsync(_world.Database, pattern, count, due: 1);
        var scope = new SuspensionScope("c", "", "LAMP");
        await Suspensions.PauseAsync(scope, "works", "op", null, default);
        Assert.Empty(await _world.ClaimAsync(closed: _world.Main));
        Assert.Equal(count + 1, await _world.CountAsync("delivery WHERE hold = 1"));

        // What failed before need not wait for its time.
        await _world.ExecuteAsync($"UPDATE delivery SET state = 3, due = {long.MaxValue / 2}, hold = 0 WHERE state = 0");
        await Suspensions.ResumeAsync(scope, new Resumption(true, 0), "op", "all", default);
        Assert.Equal(0, await _world.CountAsync($"delivery WHERE hold = 1 OR due > {_world.Now}"));
    }

    [Fact]
    public async Task Wrong_settings_close_a_back_end_once_and_one_is_tried_now_and_then()
    {
        await _world.AcceptAsync(null);
        Assert.True(await Suspensions.SuspendForSettingsAsync(_world.Main, "401", default));
        Assert.False(await Suspensions.SuspendForSettingsAsync(_world.Main, "401", default));
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Single(await _world.ClaimAsync(closed: _world.Main));
        Assert.Empty(await _world.ClaimAsync(closed: _world.Main));

        await Suspensions.SettingsAcceptedAsync(_world.Main, default);
        Assert.Empty(await Suspensions.ListAsync(default));
    }

    [Fact]
    public async Task A_breaker_opens_for_all_and_lets_one_probe_through_at_a_time()
    {
        for (var i = 0; i < 3; i++)
            await _world.AcceptAsync(null, $"Bin {i}");
        var (breakers, lane) = (_world.Get<Breakers>(), await _world.LaneAsync());
        for (var i = 0; i < 20; i++)
            await breakers.FailedAsync(lane, _world.Main.Key, "503", default);
        Assert.Equal(BreakerPermit.None, await breakers.PermitAsync(lane, default));
        Assert.Empty(await Deliveries.ClaimProbeAsync(lane, stamps: true, null, default));

        _world.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.Equal(BreakerPermit.Probe, await breakers.PermitAsync(lane, default));
        Assert.Single(await Deliveries.ClaimProbeAsync(lane, stamps: true, null, default));
        Assert.Empty(await Deliveries.ClaimProbeAsync(lane, stamps: true, null, default));

        await breakers.AnsweredAsync(lane, _world.Main.Key, default);
        Assert.Equal(BreakerPermit.Free, await breakers.PermitAsync(lane, default));
    }

    [Fact]
    public async Task A_back_end_that_asks_for_fewer_calls_is_left_alone_by_all_hosts()
    {
        var lane = await _world.LaneAsync();
        var other = new Breakers(_world.Database, _world.Get<IOptions<SendingOptions>>(), _world.Clock, NullLogger<Breakers>.Instance);
        Assert.Equal(BreakerPermit.Free, await other.PermitAsync(lane, default));

        await _world.Get<Breakers>().SlowDownAsync(lane, TimeSpan.FromMinutes(2), default);
        await _world.Get<Breakers>().SlowDownAsync(lane, TimeSpan.FromMinutes(1), default);
        _world.Clock.Advance(TimeSpan.FromSeconds(90));
        Assert.Equal(
            (BreakerPermit.None, BreakerPermit.None), (await _world.Get<Breakers>().PermitAsync(lane, default), await other.PermitAsync(lane, default)));
        Assert.False(other.IsOpen(lane));

        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(
            (BreakerPermit.Free, BreakerPermit.Free), (await _world.Get<Breakers>().PermitAsync(lane, default), await other.PermitAsync(lane, default)));
    }

    [Fact]
    public async Task An_incident_is_told_once_when_it_begins_and_once_when_it_is_over()
    {
        await _world.AcceptAsync(null);
        await _world.AcceptAsync(null);
        await Recorder.FailedAsync((await _world.ClaimAsync(1))[0], new TryResult { Outcome = AttemptOutcome.Rejected, Cause = "no" }, "", 1, default);
        await _world.ExecuteAsync("UPDATE collection SET failing_since = 1, cause = 'no'");
        await Suspensions.SuspendForSettingsAsync(_world.Spare, "401", default);
        _world.Clock.Advance(TimeSpan.FromHours(3));
        var (incidents, troubles) = (_world.Get<Incidents>(), await TroublesAsync());
        Assert.Equal(["held", "old", "settings"], troubles.Select(t => t.Cause).Order(StringComparer.Ordinal));

        Assert.False(await incidents.AnyAsync(default));
        await incidents.SaveAsync(troubles, default);
        await incidents.SaveAsync([.. troubles.Select(t => t with { Count = 9 })], default);
        var untold = await incidents.ListUnnotifiedAsync(default);
        Assert.Equal(3, untold.Count);
        foreach (var incident in untold)
            await incidents.MarkNotifiedAsync(incident, default);
        Assert.Empty(await incidents.ListUnnotifiedAsync(default));
        await incidents.SaveAsync([], default);
        // One that ended while its beginning was told has its end still to be told.
        await incidents.MarkNotifiedAsync(untold[0], default);
        Assert.All(await incidents.ListUnnotifiedAsync(default), over => Assert.True(over is { Closed: > 0, NotifiedOpen: true, Count: 9 }));
        Assert.Equal(3, (await incidents.ListUnnotifiedAsync(default)).Count);
        await incidents.MarkNotifiedAsync((await incidents.ListUnnotifiedAsync(default))[0], default);
        Assert.Equal(2, (await incidents.ListUnnotifiedAsync(default)).Count);
        Assert.True(await incidents.AnyAsync(default));
        await incidents.SaveAsync(troubles, default);
        Assert.Equal(6, await _world.CountAsync("incident"));
    }

    private Task<List<DetectedIncident>> TroublesAsync() => _world.Database.ReadAsync(db => DetectedIncident.FindAsync(db, TimeSpan.FromHours(1), _world.Now), default);
}
