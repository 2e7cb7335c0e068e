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
    public async Task Deliveries_are_claimed_once_in_the_order_they_are_due()
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
        Assert.All(first, d => Assert.Equal((1, DeliveryKind.Report, "main"), (d.Attempts, d.Kind, d.DestKey)));
        Assert.False(await Deliveries.HasDueAsync(await _world.LaneAsync(), paused: true, default));
        Assert.Equal(5, await _world.CountAsync("attempt WHERE ended = 0 AND committing = 0"));
    }

    [Fact]
    public async Task Single_delivery_is_claimed_once_before_its_first_attempt()
    {
        var report = await _world.AcceptAsync(null);
        Assert.Single(await Deliveries.ClaimOneAsync(await _world.LaneAsync(), report.DeliveryId, marksCommit: false, default));
        Assert.Empty(await Deliveries.ClaimOneAsync(await _world.LaneAsync(), report.DeliveryId, marksCommit: false, default));
        Assert.Equal(1, await _world.CountAsync("attempt WHERE committing > 0"));
    }

    [Fact]
    public async Task Ended_attempt_can_neither_mark_as_committing_nor_save_notes()
    {
        await _world.AcceptAsync(null);
        var delivery = Assert.Single(await _world.ClaimAsync());
        await Deliveries.NoteAsync(delivery, new Dictionary<string, string> { ["draft"] = "7" }, default);
        await Deliveries.MarkCommittingAsync(delivery, default);
        await Recorder.FailedAsync(delivery, new AttemptResult { Outcome = AttemptOutcome.Unknown, Cause = "time-out" }, "", 1, default);

        await Assert.ThrowsAsync<AdapterException>(() => Deliveries.MarkCommittingAsync(delivery, default));
        await Assert.ThrowsAsync<AdapterException>(() => Deliveries.NoteAsync(delivery, new Dictionary<string, string>(), default));
        Assert.Equal(4, await _world.ScalarAsync<long>("SELECT state FROM delivery"));
    }

    [Fact]
    public async Task Deliveries_of_a_lost_node_are_recovered_and_committing_ones_have_unknown_outcome()
    {
        await _world.AcceptAsync("committing");
        await _world.AcceptAsync("not committing");
        var claimed = await _world.ClaimAsync();
        await Deliveries.MarkCommittingAsync(claimed[0], default);
        await Deliveries.RenewAsync([.. claimed.Select(c => c.Id)], default);
        await Deliveries.RenewAsync([.. claimed.Select(c => c.Id)], default);
        Assert.Equal(0, await Deliveries.RecoverAsync(others: true, default));
        await UpdateAsync(await _world.AcceptAsync("committing"), "u1");

        _world.Clock.Advance(TimeSpan.FromHours(1));

        // After an outage all leases appear to have expired, so those of other hosts are ignored until the hosts had time to send a
        // heartbeat.
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
    public async Task Deliveries_claimed_together_are_read_together()
    {
        for (var i = 0; i < 4; i++)
            await _world.AcceptAsync($"r{i}", $"Bin {i}");
        await _world.AcceptAsync("r2", "Bin 2, moved");
        var watched = new WatchedDatabase(_world.Database);
        var store = new DeliveryStore(
            watched, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), _world.Get<IOptions<SendingOptions>>(),
            _world.Clock);
        var claimed = await store.ClaimDueAsync(await _world.LaneAsync(), 10, marksCommit: false, null, default);
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
    public async Task Deliveries_are_read_one_by_one_when_the_batch_read_fails()
    {
        await _world.AcceptAsync("a", "One bin");
        await _world.AcceptAsync("b", "Two bins");
        var database = new UnreadableDatabase(_world.Database);
        var store = new DeliveryStore(
            database, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), _world.Get<IOptions<SendingOptions>>(),
            _world.Clock);
        var claimed = await store.ClaimDueAsync(await _world.LaneAsync(), 10, marksCommit: false, null, default);
        database.CanRead = true;

        Assert.True(claimed[0].Contents!.IsFaulted);
        Assert.Equal(
            ["One bin", "Two bins"],
            [.. (await Task.WhenAll(claimed.Select(d => store.ContentAsync(d, default)))).Select(c => c!.Request.Description).Order(StringComparer.Ordinal)]);
    }

    [Fact]
    public async Task Claim_whose_commit_was_not_confirmed_is_released_without_an_attempt()
    {
        await _world.AcceptAsync(null);
        var database = new LostCommitDatabase(_world.Database) { LosesAnswers = true };
        var store = new DeliveryStore(
            database, _world.Get<ServiceVersions>(), _world.Get<ProcessIdentity>(), _world.Get<IOptions<LeaseOptions>>(), _world.Get<IOptions<SendingOptions>>(),
            _world.Clock);
        var lane = await _world.LaneAsync();
        await Assert.ThrowsAsync<IOException>(() => store.ClaimDueAsync(lane, 1, marksCommit: false, null, default));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 1"));

        // The claim stays until the database confirms a write.
        await Assert.ThrowsAsync<IOException>(() => store.RecoverAsync(others: true, default));
        database.LosesAnswers = false;
        Assert.Equal(1, await store.RecoverAsync(others: true, default));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 3 AND may_have_been_delivered = 0"));

        var again = Assert.Single(await store.ClaimDueAsync(lane, 1, marksCommit: false, null, default));
        Assert.Equal(0, await store.RecoverAsync(others: true, default));
        Assert.Equal((2, 1), (again.Attempts, await _world.CountAsync("delivery WHERE state = 1")));
    }

    [Fact]
    public async Task Outcomes_change_the_delivery_and_are_stored_with_the_attempt()
    {
        await _world.AcceptAsync(null);
        var delivery = Assert.Single(await _world.ClaimAsync());
        var next = await Recorder.FailedAsync(delivery, new AttemptResult { Outcome = AttemptOutcome.Transient, Cause = "It is down." }, "503", 1, default);
        Assert.Equal((DeliveryState.Retrying, 3L), (next.State, await _world.ScalarAsync<long>("SELECT state FROM delivery")));

        _world.Clock.Advance(TimeSpan.FromHours(1));
        delivery = Assert.Single(await _world.ClaimAsync());
        Assert.Equal((2, 1), (delivery.Attempts, delivery.Failures));
        await Recorder.FailedAsync(delivery, new AttemptResult { Outcome = AttemptOutcome.Unknown, Cause = "time-out" }, "", 1, default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        delivery = Assert.Single(await _world.ClaimAsync());
        Assert.Equal(DeliveryState.Unknown, (await Recorder.QueriedAsync(delivery, LookupOutcome.Absent, "Not there.", 1, default)).State);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        delivery = Assert.Single(await _world.ClaimAsync());
        Assert.NotEqual(DeliveryState.Sent, (await Recorder.QueriedAsync(delivery, LookupOutcome.Absent, "Not there.", 1, default)).State);
        Assert.Equal([2, 6, 8, 8], await _world.Database.ReadAsync(db => db.ListAsync<long>("SELECT outcome FROM attempt ORDER BY number"), default));
    }

    [Fact]
    public async Task Follow_ups_run_in_order_after_the_report_is_sent()
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
    public async Task Copies_are_separate_deliveries_and_replaced_by_newer_content()
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
    public async Task Pause_holds_deliveries_and_allows_limited_resumption()
    {
        for (var i = 0; i < 4; i++)
            await _world.AcceptAsync(null, $"Bin {i}");
        var scope = new SuspensionScope("c", "main", "");
        Assert.True(await Suspensions.PauseAsync(scope, "works", "op", null, default));
        Assert.False(await Suspensions.PauseAsync(scope, "more works", "op", _world.Clock.GetUtcNow().AddHours(9), default));
        Assert.True(await Suspensions.IsSuspendedAsync(_world.Main, "BIN", default));
        Assert.Empty(await _world.ClaimAsync(suspensionsOf: _world.Main));

        Assert.True(await Suspensions.ResumeAsync(scope, new Resumption(false, 0), "op", "one", default));
        Assert.Single(await _world.ClaimAsync(suspensionsOf: _world.Main));
        Assert.Empty(await _world.ClaimAsync(suspensionsOf: _world.Main));

        Assert.True(await Suspensions.ResumeAsync(scope, new Resumption(false, 60), "op", "slowly", default));
        Assert.NotEmpty(await _world.ClaimAsync(1, suspensionsOf: _world.Main));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotEmpty(await _world.ClaimAsync(suspensionsOf: _world.Main));
        _world.Clock.Advance(TimeSpan.FromMinutes(1));
        await Suspensions.EndAsync(_world.Get<CouncilDirectory>().Current, default);
        Assert.Empty(await Suspensions.ListAsync(default));
        Assert.False(await Suspensions.ResumeAsync(scope, new Resumption(true, 0), "op", "all", default));
        Assert.Equal(5, await _world.CountAsync("audit"));
    }

    [Fact]
    public async Task Paused_service_holds_deliveries_until_it_is_resumed()
    {
        await _world.AcceptAsync(null);
        await _world.AcceptAsync("lamp", service: "LAMP");
        var scope = new SuspensionScope("c", "", "LAMP");
        await Suspensions.PauseAsync(scope, "works", "op", null, default);
        Assert.Single(await _world.ClaimAsync(suspensionsOf: _world.Main));
        Assert.Equal(1, await _world.CountAsync("delivery WHERE hold = 1"));
        Assert.True(await Deliveries.HasDueAsync(await _world.LaneAsync(), paused: true, default));

        // The service changed, so the pause that applies must be determined again.
        await _world.AcceptAsync("lamp", "It is a bin.");
        await Suspensions.ResumeAsync(scope, new Resumption(false, 1), "op", "one", default);
        Assert.Single(await _world.ClaimAsync(suspensionsOf: _world.Main));
        await _world.AcceptAsync(null, service: "LAMP");
        await _world.AcceptAsync(null, service: "LAMP");
        Assert.Single(await _world.ClaimAsync(suspensionsOf: _world.Main));
        Assert.Empty(await _world.ClaimAsync(suspensionsOf: _world.Main));
        await Suspensions.ReleaseHoldsAsync(default);
        await Suspensions.ResumeAsync(scope, new Resumption(true, 0), "op", "all", default);
        Assert.Equal(0, await _world.CountAsync("delivery WHERE hold = 1"));
        Assert.Single(await _world.ClaimAsync());
    }

    [Fact]
    public async Task Large_number_of_deliveries_is_held_and_released()
    {
        const int count = 1_300;
        var pattern = (await _world.AcceptAsync("lamp", service: "LAMP")).OwnId;
        await QueueFill.AddAsync(_world.Database, pattern, count, due: 1);
        var scope = new SuspensionScope("c", "", "LAMP");
        await Suspensions.PauseAsync(scope, "works", "op", null, default);
        Assert.Empty(await _world.ClaimAsync(suspensionsOf: _world.Main));
        Assert.Equal(count + 1, await _world.CountAsync("delivery WHERE hold = 1"));

        // Resuming also makes failed deliveries due immediately.
        await _world.ExecuteAsync($"UPDATE delivery SET state = 3, due = {long.MaxValue / 2}, hold = 0 WHERE state = 0");
        await Suspensions.ResumeAsync(scope, new Resumption(true, 0), "op", "all", default);
        Assert.Equal(0, await _world.CountAsync($"delivery WHERE hold = 1 OR due > {_world.Now}"));
    }

    [Fact]
    public async Task Back_end_that_asks_to_slow_down_is_not_called_by_any_host()
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
    public async Task Incident_is_notified_once_when_opened_and_once_when_closed()
    {
        await _world.AcceptAsync(null);
        await _world.AcceptAsync(null);
        await Recorder.FailedAsync((await _world.ClaimAsync(1))[0], new AttemptResult { Outcome = AttemptOutcome.Rejected, Cause = "no" }, "", 1, default);
        await _world.ExecuteAsync("UPDATE collection SET failing_since = 1, cause = 'no'");
        await Suspensions.SuspendForSettingsAsync(_world.Spare, SuspensionKind.Settings, "401", default);
        _world.Clock.Advance(TimeSpan.FromHours(3));
        var (incidents, detected) = (_world.Get<Incidents>(), await DetectedAsync());
        Assert.Equal(["held", "old", "settings"], detected.Select(t => t.Cause).Order(StringComparer.Ordinal));

        Assert.False(await incidents.AnyAsync(default));
        await incidents.SaveAsync(detected, default);
        await incidents.SaveAsync([.. detected.Select(t => t with { Count = 9 })], default);
        var unnotified = await incidents.ListUnnotifiedAsync(default);
        Assert.Equal(3, unnotified.Count);
        foreach (var incident in unnotified)
            await incidents.MarkNotifiedAsync(incident, default);
        Assert.Empty(await incidents.ListUnnotifiedAsync(default));
        await incidents.SaveAsync([], default);
        // An incident that closed during its first notification still needs the second one.
        await incidents.MarkNotifiedAsync(unnotified[0], default);
        Assert.All(await incidents.ListUnnotifiedAsync(default), closed => Assert.True(closed is { Closed: > 0, NotifiedOpen: true, Count: 9 }));
        Assert.Equal(3, (await incidents.ListUnnotifiedAsync(default)).Count);
        await incidents.MarkNotifiedAsync((await incidents.ListUnnotifiedAsync(default))[0], default);
        Assert.Equal(2, (await incidents.ListUnnotifiedAsync(default)).Count);
        Assert.True(await incidents.AnyAsync(default));
        await incidents.SaveAsync(detected, default);
        Assert.Equal(6, await _world.CountAsync("incident"));
    }

    private Task<List<DetectedIncident>> DetectedAsync() =>
        _world.Database.ReadAsync(db => DetectedIncident.FindAsync(db, TimeSpan.FromHours(1), _world.Now), default);
}
