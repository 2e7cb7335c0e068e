using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Updates;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    private CouncilUpdateStore News => _world.Get<CouncilUpdateStore>();

    [Fact]
    public async Task News_is_added_once_shown_in_its_order_and_told_to_its_report()
    {
        await _world.AcceptAsync(null);
        await _world.SendAsync("CASE-1");
        await News.RecordFirstPollAsync(_world.Main, default);
        await News.RecordFirstPollAsync(_world.Main, default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(2, await News.AddAsync(_world.Main, [Told("a", -5, "in_progress"), Told("b", -4, "closed")], baseline: false, 0, again: false, default));
        Assert.Equal(1, await News.AddAsync(_world.Main, [Told("b", -4, "open"), Told("c", -50, "open")], baseline: false, 0, again: false, default));

        var served = await News.ServedAsync("c", _world.Clock.GetUtcNow().AddDays(-1), _world.Clock.GetUtcNow().AddDays(1), default);
        Assert.Equal([0, 0, 1], served.Where(s => s.BackEnd.Length > 0).Select(s => s.Late ? 1 : 0));
        Assert.True(served[^1].Served > served[0].Served);
        Assert.Equal("closed", await _world.ScalarAsync<string>("SELECT status FROM report"));
        await News.AddAsync(_world.Main, [Told("b", -4, "fixed")], baseline: true, 0, again: true, default);
        Assert.Equal("fixed", await _world.ScalarAsync<string>("SELECT status FROM report"));
    }

    [Fact]
    public async Task News_that_was_quicker_than_the_answer_finds_its_report()
    {
        await _world.AcceptAsync(null);
        await News.AddAsync(_world.Main, [Told("a", -5, "closed")], baseline: false, 0, again: false, default);
        Assert.Equal("open", await _world.ScalarAsync<string>("SELECT status FROM report"));
        await _world.SendAsync("CASE-1");

        await News.ResolveAsync(_world.Main, default);

        Assert.Equal("closed", await _world.ScalarAsync<string>("SELECT status FROM report"));
    }

    [Fact]
    public async Task A_document_is_stored_first_and_read_after_in_its_turn()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        var (id, _) = await store.SaveAsync(_world.Main, "a 2026-01-01.csv", Text("x"), default);
        Assert.True((await store.SaveAsync(_world.Main, "b.csv", Text("x"), default)).Known);
        await store.SaveAsync(_world.Main, "c.csv", Text(new string('y', 600_000)), default);
        Assert.Equal([("c", "main")], await queue.WaitingAsync(default));

        var taken = (await queue.TakeAsync(_world.Main, default))!;
        Assert.Equal((id, true), (taken.Id, taken.Baseline));
        Assert.Null(await queue.TakeAsync(_world.Main, default));
        await queue.BeginAsync(taken, default);
        await queue.AddProblemsAsync(taken, [(1, 3, "no date"), (2, 5, new string('z', 9_000))], default);
        await queue.ReadAsync(taken, new ReadCounts(7, 6, 2), default);
        Assert.Equal([3, 5], (await queue.ShowAsync(id, default))!.Value.Problems.Select(p => p.Row));

        var second = (await queue.TakeAsync(_world.Main, default))!;
        var content = new MemoryStream();
        await using (var stream = await store.ToDocument(second).OpenAsync(default))
            await stream.CopyToAsync(content);
        Assert.Equal(600_000, content.Length);
        Assert.False(await queue.FailAsync(second, DocumentFailure.Counted, "The adapter is away.", default));
        Assert.True(await queue.ReadAgainAsync(id, default));
        Assert.Equal(2, (await queue.ListAsync("c", 10, default)).Count);
        Assert.Equal(id, await store.FindAsync(_world.Main, System.Security.Cryptography.SHA256.HashData("x"u8), default));
    }

    [Fact]
    public async Task A_document_whose_reader_died_ten_times_or_that_never_arrived_is_given_up()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        await store.SaveAsync(_world.Main, "a.csv", Text("x"), default);
        await _world.ExecuteAsync("UPDATE document SET claimed = 1, claimed_by = 'elsewhere/1/1', reads_started = 10");
        await _world.ExecuteAsync("INSERT INTO node (id, heartbeat, version) VALUES ('elsewhere/1/1', 1, '1')");
        await queue.FreeAsync(default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await queue.FreeAsync(default);
        Assert.Equal(0, await _world.ScalarAsync<long>("SELECT claimed FROM document"));

        Assert.Null(await queue.TakeAsync(_world.Main, default));
        Assert.Equal(3, await _world.ScalarAsync<long>("SELECT state FROM document"));
        Assert.Contains("documents", (await TroublesAsync()).Select(t => t.Cause));

        await _world.ExecuteAsync("UPDATE document SET state = 0");
        _world.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(1, await store.RemoveAbandonedAsync(default));
        Assert.Equal(0, await _world.CountAsync("document_chunk"));
    }

    [Fact]
    public async Task Collecting_goes_on_where_it_was_and_a_failure_is_remembered_from_its_beginning()
    {
        var store = _world.Get<CollectionStore>();
        Assert.NotNull(await store.TakeAsync(_world.Main, default));
        Assert.Null(await store.TakeAsync(_world.Main, default));
        await store.CollectedAsync(_world.Main, "page 2", _world.Clock.GetUtcNow(), default);
        await store.CollectedAsync(_world.Main, null, _world.Clock.GetUtcNow(), default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await store.FailedAsync(_world.Main, "503", default);
        var failing = _world.Now;
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await store.FailedAsync(_world.Main, "504", default);

        var row = (await store.TakeAsync(_world.Main, default))!;
        Assert.Equal(("page 2", failing, "504"), (row.Value, row.FailingSince, row.Cause));
        Assert.Single(await store.ListAsync(null, default));
    }

    [Fact]
    public async Task How_far_a_client_has_asked_is_remembered()
    {
        var now = _world.Clock.GetUtcNow();
        await _world.Get<ClientPolls>().RecordAsync("c", 7, now.AddHours(-2), now, default);
        _world.Clock.Advance(TimeSpan.FromHours(9));
        now = _world.Clock.GetUtcNow();

        var from = await _world.Get<ClientPolls>().RecordAsync("c", 7, now.AddHours(-2), now, default);

        Assert.True(from < now.AddHours(-8));
        Assert.Equal(1, await _world.CountAsync("client_poll WHERE gap_from > 0"));
    }

    private static MemoryStream Text(string content) => new(Encoding.UTF8.GetBytes(content));

    private CouncilUpdate Told(string id, int minutes, string status) =>
        new() { UpdateId = id, BackEndId = "CASE-1", Status = status, OccurredAt = _world.Clock.GetUtcNow().AddMinutes(minutes) };
}
