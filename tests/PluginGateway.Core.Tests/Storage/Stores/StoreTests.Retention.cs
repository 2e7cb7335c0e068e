using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Host.Open311;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    [Fact]
    public async Task What_people_wrote_goes_some_time_after_the_end_of_a_report_and_its_ids_stay()
    {
        var report = await _world.AcceptAsync("ref", "Private words");
        await _world.SendAsync("CASE-1", new Submission { Notice = "Thank you.", FollowUps = [new FollowUp { Kind = "photo" }] });
        await Recorder.DoneAsync(Assert.Single(await _world.ClaimAsync()), null, "", 1, default);
        await _world.AcceptAsync("ref", "More private words");
        await _world.SendAsync("CASE-2");
        var file = await _world.Get<AttachmentStore>().SaveAsync("a.jpg", "image/jpeg", [1, 2, 3], default);
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

        // What belongs to the report is counted with it only once it is cleared.
        Assert.Equal("1 reports' personal data, 1 clients' updates, 1 attachments, 2 councils' updates, 4 tries", await ClearAsync(remove: false));
        Assert.Equal("1 reports' personal data, 1 clients' updates, 1 follow-ups, 1 attachments, 2 councils' updates, 4 tries", await ClearAsync(remove: true));
        Assert.Equal("", await ClearAsync(remove: true));

        Assert.Equal(2, await _world.CountAsync($"report_revision WHERE {_world.Database.Dialect.Length("payload")} = 0 AND notice IS NULL"));
        Assert.Equal(1, await _world.CountAsync("report WHERE facts IS NULL AND done > 0"));
        Assert.Null(await Deliveries.ContentAsync(report.ReportId, 2, default));
        Assert.Equal("Still to be sent", (await Deliveries.ContentAsync(open.ReportId, 1, default))!.Request.Description);
        Assert.Equal("", Assert.Single(await _world.Get<ReportReader>().FindAsync(_world.Council, [report.OwnId], true, default)).Description);
        Assert.Equal(report.ReportId, (await _world.AcceptAsync("ref", "More private words")).ReportId);
    }

    [Fact]
    public async Task References_are_forgotten_when_they_need_not_be_recognised_any_more()
    {
        for (var i = 0; i < 3; i++)
            await _world.AcceptAsync($"old {i}");
        _world.Clock.Advance(TimeSpan.FromDays(399));
        await _world.AcceptAsync("young");
        Assert.Equal("", await ClearAsync(remove: true));
        _world.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal("3 references", await ClearAsync(remove: true));

        Assert.Equal(1, await _world.CountAsync("idempotency"));
        Assert.True((await _world.AcceptAsync("young")).Repeat);
    }

    [Fact]
    public async Task Values_that_adapters_kept_go_when_their_time_is_up()
    {
        var (main, spare) = (_world.Get<AdapterStateStore>().For(_world.Main), _world.Get<AdapterStateStore>().For(_world.Spare));
        for (var i = 0; i < 3; i++)
            await main.SetAsync($"short {i}", new AdapterStateValue { Value = "a token", Lifetime = TimeSpan.FromMinutes(5) }, default);
        await main.SetAsync("long", new AdapterStateValue { Value = "a token", Lifetime = TimeSpan.FromDays(5) }, default);
        await spare.SetAsync("short", new AdapterStateValue { Value = "a token", Lifetime = TimeSpan.FromMinutes(5) }, default);
        _world.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Equal("4 values that adapters kept", await ClearAsync(remove: false));
        Assert.Equal("4 values that adapters kept", await ClearAsync(remove: true));
        Assert.Equal(1, await _world.CountAsync("adapter_state"));
    }

    [Fact]
    public async Task What_councils_told_goes_and_is_not_told_again()
    {
        await News.AddAsync(_world.Main, [.. Enumerable.Range(0, 700).Select(i => Told($"old {i}", -i, "open"))], baseline: false, 0, again: false, default);
        _world.Clock.Advance(TimeSpan.FromDays(366));
        await News.AddAsync(_world.Main, [Told("young", -1, "open")], baseline: false, 0, again: false, default);

        Assert.Equal("700 councils' updates", await ClearAsync(remove: false));
        Assert.Equal("700 councils' updates", await ClearAsync(remove: true));
        Assert.Equal("", await ClearAsync(remove: true));

        Assert.Equal(1, await News.AddAsync(_world.Main, [Told("old 5", 0, "open"), Told("new", 0, "open")], baseline: false, 0, again: true, default));
        Assert.Equal(2, (await News.ServedAsync("c", DateTimeOffset.UnixEpoch, _world.Clock.GetUtcNow().AddDays(1), default)).Count);
    }

    [Fact]
    public async Task A_file_goes_when_it_was_read_long_ago_and_is_still_known_when_it_comes_again()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        var (read, _) = await store.SaveAsync(_world.Main, "a.csv", Text(new string('x', 600_000)), default);
        await queue.ReadAsync((await queue.TakeAsync(_world.Main, default))!, new ReadCounts(1, 1, 0), default);
        var (waits, _) = await store.SaveAsync(_world.Main, "b.csv", Text("y"), default);
        _world.Clock.Advance(TimeSpan.FromDays(91));

        Assert.Equal("1 documents", await ClearAsync(remove: true));

        Assert.Equal(1, await _world.CountAsync("document_chunk"));
        Assert.Equal((read, true), await store.SaveAsync(_world.Main, "a.csv", Text(new string('x', 600_000)), default));
        Assert.False(await queue.ReadAgainAsync(read, default));
        Assert.True(await queue.ReadAgainAsync(waits, default));
    }

    [Fact]
    public async Task A_report_that_comes_again_after_it_was_cleared_is_cleared_again()
    {
        await _world.AcceptAsync("ref", "Private words");
        await _world.SendAsync("CASE-1");
        _world.Clock.Advance(TimeSpan.FromDays(91));
        Assert.Contains("1 reports' personal data", await ClearAsync(remove: true), StringComparison.Ordinal);

        await _world.AcceptAsync("ref", "More private words");
        await _world.SendAsync("CASE-2");
        Assert.Equal(1, await _world.CountAsync($"report_revision WHERE {_world.Database.Dialect.Length("payload")} > 0"));
        _world.Clock.Advance(TimeSpan.FromDays(91));

        Assert.Contains("1 reports' personal data", await ClearAsync(remove: true), StringComparison.Ordinal);
        Assert.Equal(0, await _world.CountAsync($"report_revision WHERE {_world.Database.Dialect.Length("payload")} > 0"));
    }

    [Fact]
    public async Task What_still_waits_to_be_sent_is_kept_whatever_its_age()
    {
        var file = await _world.Get<AttachmentStore>().SaveAsync("a.jpg", "image/jpeg", [1, 2, 3], default);
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
        Assert.Equal("", await ClearAsync(remove: true));

        await Recorder.DoneAsync(Assert.Single(await _world.ClaimAsync()), null, "", 1, default);
        Assert.Equal("1 clients' updates, 1 attachments", await ClearAsync(remove: true));
    }

    [Fact]
    public async Task A_file_that_could_not_be_read_waits_as_long_as_people_s_data_is_kept()
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
    public async Task News_that_is_older_than_what_was_cleared_goes_too()
    {
        await News.AddAsync(_world.Main, [Told("first", 0, "open")], baseline: false, 0, again: false, default);
        _world.Clock.Advance(TimeSpan.FromDays(100));
        Assert.Equal("1 councils' updates", await ClearAsync(remove: true));

        // A back end's first look brings its history.
        await News.RecordFirstPollAsync(_world.Spare, default);
        await News.AddAsync(
            _world.Spare, [.. Enumerable.Range(0, 1_200).Select(i => Told($"history {i}", -300 * 24 * 60, "open"))], baseline: true, 0, again: false, default);

        Assert.Equal("1200 councils' updates", await ClearAsync(remove: false));
        Assert.Equal("1200 councils' updates", await ClearAsync(remove: true));
        Assert.Equal("", await ClearAsync(remove: true));
    }

    [Fact]
    public async Task One_kind_that_fails_does_not_keep_the_others()
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

        public Task<long> RunAsync(long before, bool remove, CancellationToken ct) => Task.FromException<long>(new DatabaseBusyException("Away."));
    }

    /// <summary>Clears, or counts what would be cleared; without what was nothing.</summary>
    private async Task<string> ClearAsync(bool remove)
    {
        var all = await _world.Get<RetentionRun>().RunAsync(remove, default);
        Assert.All(all, c => Assert.Null(c.Failure));
        return string.Join(", ", all.Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}"));
    }
}
