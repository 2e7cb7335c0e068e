using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Host.Open311;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Personal_data_is_removed_after_the_retention_period_and_ids_are_kept()
    {
        var report = await _world.AcceptAsync("ref", "Private words");
        await _world.SendAsync("CASE-1", new Submission { Notice = "Thank you.", FollowUps = [new FollowUp { Kind = "photo" }] });
        await Recorder.DoneAsync(Assert.Single(await _world.ClaimAsync()), null, "", 1, default);
        await _world.AcceptAsync("ref", "More private words");
        await _world.SendAsync("CASE-2");
        var file = await _world.Get<AttachmentStore>().SaveAsync("a.jpg", "image/jpeg", new MemoryStream([1, 2, 3]), default);
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, 0, 0,
            new ClientUpdate
            {
                UpdateId = "u1",
                BackEndId = "CASE-7",
                Status = "OPEN",
                Description = "Private",
                UpdatedAt = _world.Clock.GetUtcNow(),
                Attachments = [file],
            }, default);
        await Recorder.DoneAsync(Assert.Single(await _world.ClaimAsync()), null, "", 1, default);
        var open = await _world.AcceptAsync("open", "Still to be sent");

        _world.Clock.Advance(TimeSpan.FromDays(366));

        // Data of the report itself is counted with the report until it is removed.
        Assert.Equal("1 reports' personal data, 1 client updates, 1 attachments, 2 council updates, 4 attempts", await SweepAsync(remove: false));
        Assert.Equal("1 reports' personal data, 1 client updates, 1 follow-ups, 1 attachments, 2 council updates, 4 attempts", await SweepAsync(remove: true));
        Assert.Equal("", await SweepAsync(remove: true));

        Assert.Equal(2, await _world.CountAsync($"report_revision WHERE {_world.Database.Dialect.Length("payload")} = 0 AND notice IS NULL"));
        Assert.Equal(1, await _world.CountAsync("report WHERE facts IS NULL AND done > 0"));
        Assert.Null(await Deliveries.ContentAsync(report.ReportId, 2, default));
        Assert.Equal("Still to be sent", (await Deliveries.ContentAsync(open.ReportId, 1, default))!.Request.Description);
        Assert.Equal("", Assert.Single(await _world.Get<ReportReader>().FindAsync(_world.Council, [report.OwnId], TestCouncils.Client, default)).Description);
        Assert.Equal(report.ReportId, (await _world.AcceptAsync("ref", "More private words")).ReportId);
    }

    [Fact]
    public async Task References_are_removed_after_their_retention_period()
    {
        for (var i = 0; i < 3; i++)
            await _world.AcceptAsync($"old {i}");
        _world.Clock.Advance(TimeSpan.FromDays(399));
        await _world.AcceptAsync("young");
        Assert.Equal("", await SweepAsync(remove: true));
        _world.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal("3 references", await SweepAsync(remove: true));

        Assert.Equal(1, await _world.CountAsync("idempotency"));
        Assert.True((await _world.AcceptAsync("young")).Repeat);
    }

    [Fact]
    public async Task Expired_adapter_state_is_removed()
    {
        var (main, spare) = (_world.Get<AdapterStateStore>().For(_world.Main), _world.Get<AdapterStateStore>().For(_world.Spare));
        for (var i = 0; i < 3; i++)
            await main.SetAsync($"short {i}", new AdapterStateValue { Value = "a token", Lifetime = TimeSpan.FromMinutes(5) }, default);
        await main.SetAsync("long", new AdapterStateValue { Value = "a token", Lifetime = TimeSpan.FromDays(5) }, default);
        await spare.SetAsync("short", new AdapterStateValue { Value = "a token", Lifetime = TimeSpan.FromMinutes(5) }, default);
        _world.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal("4 stored adapter values", await SweepAsync(remove: false));
        Assert.Equal("4 stored adapter values", await SweepAsync(remove: true));
        Assert.Equal(1, await _world.CountAsync("adapter_state"));
    }

    [Fact]
    public async Task Removed_council_updates_are_not_added_again()
    {
        await CouncilUpdates.AddAsync(
            _world.Main, [.. Enumerable.Range(0, 700).Select(i => NewUpdate($"old {i}", -i, "open"))], baseline: false, 0, again: false, default);
        _world.Clock.Advance(TimeSpan.FromDays(366));
        await CouncilUpdates.AddAsync(_world.Main, [NewUpdate("young", -1, "open")], baseline: false, 0, again: false, default);

        Assert.Equal("700 council updates", await SweepAsync(remove: false));
        Assert.Equal("700 council updates", await SweepAsync(remove: true));
        Assert.Equal("", await SweepAsync(remove: true));

        Assert.Equal(
            1,
            await CouncilUpdates.AddAsync(
                _world.Main, [NewUpdate("old 5", 0, "open"), NewUpdate("new", 0, "open")], baseline: false, 0, again: true, default));
        Assert.Equal(2, (await CouncilUpdates.ServedAsync("c", DateTimeOffset.UnixEpoch, _world.Clock.GetUtcNow().AddDays(1), default)).Count);
    }

    [Fact]
    public async Task Content_of_an_old_document_is_removed_and_the_document_stays_known()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        var (read, _) = await store.SaveAsync(_world.Main, "a.csv", Text(new string('x', 600_000)), default);
        await queue.ReadAsync((await queue.ClaimAsync(_world.Main, default))!, new ReadCounts(1, 1, 0), default);
        var (waits, _) = await store.SaveAsync(_world.Main, "b.csv", Text("y"), default);
        _world.Clock.Advance(TimeSpan.FromDays(91));

        Assert.Equal("1 documents", await SweepAsync(remove: true));

        Assert.Equal(1, await _world.CountAsync("document_chunk"));
        Assert.Equal((read, true), await store.SaveAsync(_world.Main, "a.csv", Text(new string('x', 600_000)), default));
        Assert.False(await queue.ReadAgainAsync(read, default));
        Assert.True(await queue.ReadAgainAsync(waits, default));
    }

    [Fact]
    public async Task Report_received_again_after_its_removal_is_removed_again()
    {
        await _world.AcceptAsync("ref", "Private words");
        await _world.SendAsync("CASE-1");
        _world.Clock.Advance(TimeSpan.FromDays(91));
        Assert.Contains("1 reports' personal data", await SweepAsync(remove: true), StringComparison.Ordinal);

        await _world.AcceptAsync("ref", "More private words");
        await _world.SendAsync("CASE-2");
        Assert.Equal(1, await _world.CountAsync($"report_revision WHERE {_world.Database.Dialect.Length("payload")} > 0"));
        _world.Clock.Advance(TimeSpan.FromDays(91));

        Assert.Contains("1 reports' personal data", await SweepAsync(remove: true), StringComparison.Ordinal);
        Assert.Equal(0, await _world.CountAsync($"report_revision WHERE {_world.Database.Dialect.Length("payload")} > 0"));
    }

    [Fact]
    public async Task Unsent_data_is_kept_at_any_age()
    {
        var file = await _world.Get<AttachmentStore>().SaveAsync("a.jpg", "image/jpeg", new MemoryStream([1, 2, 3]), default);
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, 0, 0,
            new ClientUpdate
            {
                UpdateId = "u1",
                BackEndId = "CASE-7",
                Status = "OPEN",
                Description = "Private",
                UpdatedAt = _world.Clock.GetUtcNow(),
                Attachments = [file],
            }, default);
        _world.Clock.Advance(TimeSpan.FromDays(366));
        Assert.Equal("", await SweepAsync(remove: true));

        await Recorder.DoneAsync(Assert.Single(await _world.ClaimAsync()), null, "", 1, default);
        Assert.Equal("1 client updates, 1 attachments", await SweepAsync(remove: true));
    }

    [Fact]
    public async Task Unreadable_document_is_kept_for_the_retention_period_of_personal_data()
    {
        await using var world = await StoreWorld.CreateAsync([.. Settings(), "--Retention:PersonalData=200.00:00:00"]);
        var (store, queue) = (world.Get<DocumentStore>(), world.Get<DocumentQueue>());
        var (id, _) = await store.SaveAsync(world.Main, "a.csv", Text("x"), default);
        await world.Database.WriteAsync(db => db.ExecuteAsync("UPDATE document SET state = 3 WHERE id = @id", new { id }), default);
        world.Clock.Advance(TimeSpan.FromDays(199));
        Assert.DoesNotContain(await world.Get<RetentionRun>().RunAsync(remove: true, default), c => c.Count > 0);
        Assert.True(await queue.ReadAgainAsync(id, default));

        await world.Database.WriteAsync(db => db.ExecuteAsync("UPDATE document SET state = 3 WHERE id = @id", new { id }), default);
        world.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("documents", Assert.Single(await world.Get<RetentionRun>().RunAsync(remove: true, default), c => c.Count > 0).What);
        Assert.False(await queue.ReadAgainAsync(id, default));
    }

    [Fact]
    public async Task Updates_older_than_the_removed_ones_are_removed_too()
    {
        await CouncilUpdates.AddAsync(_world.Main, [NewUpdate("first", 0, "open")], baseline: false, 0, again: false, default);
        _world.Clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal("1 council updates", await SweepAsync(remove: true));

        // The first poll of a back end returns its history.
        await CouncilUpdates.RecordFirstPollAsync(_world.Spare, default);
        await CouncilUpdates.AddAsync(
            _world.Spare, [.. Enumerable.Range(0, 1_200).Select(i => NewUpdate($"history {i}", -300 * 24 * 60, "open"))], baseline: true, 0, again: false,
            default);

        Assert.Equal("1200 council updates", await SweepAsync(remove: false));
        Assert.Equal("1200 council updates", await SweepAsync(remove: true));
        Assert.Equal("", await SweepAsync(remove: true));
    }

    [Fact]
    public async Task Failing_sweep_does_not_stop_the_others()
    {
        await _world.AcceptAsync("ref", "Private words");
        await _world.SendAsync("CASE-1");
        _world.Clock.Advance(TimeSpan.FromDays(401));
        ISweep[] sweeps = [new BrokenSweep(), .. _world.Get<IEnumerable<ISweep>>()];

        var all = await new RetentionRun(sweeps, _world.Get<IOptions<RetentionOptions>>(), _world.Clock).RunAsync(remove: true, default);

        Assert.IsType<DatabaseBusyException>(all[0].Failure);
        Assert.Contains(all, c => c is { What: "references", Count: 1, Failure: null });
    }

    private sealed class BrokenSweep : ISweep
    {
        public string Name => "broken";

        public TimeSpan? RetentionPeriod(RetentionOptions options) => TimeSpan.FromDays(1);

        public Task<long> RunAsync(long before, bool remove, CancellationToken ct) => Task.FromException<long>(new DatabaseBusyException("Unavailable."));
    }

    /// <summary>Removes expired data or counts it, and returns the counts that are not zero.</summary>
    private async Task<string> SweepAsync(bool remove)
    {
        var all = await _world.Get<RetentionRun>().RunAsync(remove, default);
        Assert.All(all, c => Assert.Null(c.Failure));
        return string.Join(", ", all.Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}"));
    }
}
