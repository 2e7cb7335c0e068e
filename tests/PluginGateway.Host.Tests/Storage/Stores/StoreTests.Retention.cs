using PluginGateway.Contracts;
using PluginGateway.Host.Open311;
using PluginGateway.Host.Retention;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Storage;
using PluginGateway.Host.Updates.Documents;

namespace PluginGateway.Host.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    [Fact]
    public async Task What_people_wrote_goes_a_year_after_the_end_of_a_report_and_its_ids_stay()
    {
        var report = await _world.AcceptAsync("ref", "Private words");
        await _world.SendAsync("CASE-1", new Submission { Notice = "Thank you.", FollowUps = [new FollowUp { Kind = "photo" }] });
        await Recorder.DoneAsync(Assert.Single(await _world.ClaimAsync()), null, "", 1, default);
        await _world.AcceptAsync("ref", "More private words");
        await _world.SendAsync("CASE-2");
        var file = await _world.Get<AttachmentStore>().SaveAsync("a.jpg", "image/jpeg", [1, 2, 3], default);
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, 0, 0, new ClientUpdate { UpdateId = "u1", BackEndId = "CASE-7", Status = "OPEN", Description = "Private", Updated = _world.Clock.GetUtcNow(), Attachments = [file] }, default);
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
        var (read, _) = await store.KeepAsync(_world.Main, "a.csv", Text(new string('x', 600_000)), default);
        await queue.ReadAsync((await queue.TakeAsync(_world.Main, default))!, new ReadCounts(1, 1, 0), default);
        var (waits, _) = await store.KeepAsync(_world.Main, "b.csv", Text("y"), default);
        _world.Clock.Advance(TimeSpan.FromDays(91));

        Assert.Equal("1 documents", await ClearAsync(remove: true));

        Assert.Equal(1, await _world.CountAsync("document_chunk"));
        Assert.Equal((read, true), await store.KeepAsync(_world.Main, "a.csv", Text(new string('x', 600_000)), default));
        Assert.False(await queue.ReadAgainAsync(read, default));
        Assert.True(await queue.ReadAgainAsync(waits, default));
    }

    /// <summary>Clears, or counts what would be cleared; without what was nothing.</summary>
    private async Task<string> ClearAsync(bool remove) =>
        string.Join(", ", (await _world.Get<RetentionRun>().RunAsync(remove, default)).Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}"));
}
