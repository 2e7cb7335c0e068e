using System.Text;
using PluginGateway.Contracts;
using PluginGateway.Core.Alerts;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Updates;
using PluginGateway.Core.Updates.Collecting;
using PluginGateway.Core.Updates.Documents;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    private CouncilUpdateStore CouncilUpdates => _world.Get<CouncilUpdateStore>();

    [Fact]
    public async Task Updates_are_added_once_served_in_order_and_applied_to_their_report()
    {
        await _world.AcceptAsync(null);
        await _world.SendAsync("CASE-1");
        await CouncilUpdates.RecordFirstPollAsync(_world.Main, default);
        await CouncilUpdates.RecordFirstPollAsync(_world.Main, default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(
            2,
            await CouncilUpdates.AddAsync(
                _world.Main, [NewUpdate("a", -5, "in_progress"), NewUpdate("b", -4, "closed")], baseline: false, 0, again: false, default));
        Assert.Equal(
            1,
            await CouncilUpdates.AddAsync(
                _world.Main, [NewUpdate("b", -4, "closed"), NewUpdate("c", -50, "open")], baseline: false, 0, again: false, default));

        var served = await CouncilUpdates.ServedAsync("c", _world.Clock.GetUtcNow().AddDays(-1), _world.Clock.GetUtcNow().AddDays(1), default);
        Assert.Equal([0, 0, 1], served.Where(s => s.BackEnd.Length > 0).Select(s => s.Late ? 1 : 0));
        Assert.True(served[^1].Served > served[0].Served);
        Assert.Equal("closed", await _world.ScalarAsync<string>("SELECT status FROM report"));
        await CouncilUpdates.AddAsync(_world.Main, [NewUpdate("b", -4, "fixed")], baseline: true, 0, again: true, default);
        Assert.Equal("fixed", await _world.ScalarAsync<string>("SELECT status FROM report"));
    }

    [Fact]
    public async Task Update_of_a_case_with_the_gateways_id_is_shown_like_its_report()
    {
        var report = await _world.AcceptAsync(null);
        await _world.ExecuteAsync("UPDATE report SET private = 1, client_id = 7");
        await CouncilUpdates.AddAsync(_world.Main, [NewUpdate("a", -5, "fixed") with { BackEndId = report.OwnId }], baseline: false, 0, again: false, default);

        Assert.Equal(0, await CountAsync(null));
        Assert.Equal(0, await CountAsync(TestCouncils.Client with { Scopes = new HashSet<string> { ApiKeys.Reports } }));
        Assert.Equal(1, await CountAsync(TestCouncils.Client));
        Assert.Equal(1, await CountAsync(TestCouncils.Client with { Id = 7, Scopes = new HashSet<string> { ApiKeys.Reports } }));

        async Task<int> CountAsync(ApiClient? client)
        {
            var now = _world.Clock.GetUtcNow();
            var count = 0;
            await foreach (var page in _world.Get<UpdateReader>().ReadAsync(
                TestCouncils.Plain with { JurisdictionId = "c" }, client, now.AddDays(-1), now.AddDays(1), default))
                count += page.Count(u => u.ReportId == report.OwnId);
            return count;
        }
    }

    [Fact]
    public async Task Changed_update_with_the_same_id_and_pictures_are_stored()
    {
        var url = new Uri("data:image/png;base64,iVBORw0KGgo=");
        await CouncilUpdates.AddAsync(
            _world.Main,
            [NewUpdate("a", -5, "open") with { MediaUrls = [url] }, NewUpdate("a", -4, "fixed") with { MediaUrls = [url, new Uri("https://a/1.jpg")] }],
            baseline: false, 0, again: false, default);

        var served = await CouncilUpdates.ServedAsync("c", _world.Clock.GetUtcNow().AddDays(-1), _world.Clock.GetUtcNow().AddDays(1), default);
        Assert.Equal(2, served.Count);
        Assert.Equal(1, await _world.CountAsync("update_picture"));
        await using var pages = _world.Get<UpdateReader>().ReadAsync(
            TestCouncils.Plain with { JurisdictionId = "c" }, TestCouncils.Client, _world.Clock.GetUtcNow().AddDays(-1),
            _world.Clock.GetUtcNow().AddDays(1), default).GetAsyncEnumerator();
        Assert.True(await pages.MoveNextAsync());
        var reader = pages.Current;
        var link = reader[0].Update.MediaUrls.Single();
        Assert.Equal([link.AbsoluteUri, "https://a/1.jpg"], reader[1].Update.MediaUrls.Select(u => u.AbsoluteUri));

        var picture = await _world.Get<UpdatePictures>().FindAsync("c", link.Segments[^1], default);
        Assert.Equal(("image/png", 8), (picture!.Type, picture.Content.Length));
        Assert.Null(await _world.Get<UpdatePictures>().FindAsync("other", link.Segments[^1], default));
        Assert.Null(await _world.Get<UpdatePictures>().FindAsync("c", link.Segments[^1].Replace(".png", ".jpeg", StringComparison.Ordinal), default));
        Assert.Null(await _world.Get<UpdatePictures>().FindAsync("c", new string('z', 64) + ".png", default));
    }

    [Fact]
    public async Task Update_received_before_the_id_of_its_case_is_assigned_later()
    {
        await _world.AcceptAsync(null);
        await CouncilUpdates.AddAsync(_world.Main, [NewUpdate("a", -5, "closed")], baseline: false, 0, again: false, default);
        Assert.Equal("open", await _world.ScalarAsync<string>("SELECT status FROM report"));
        await _world.SendAsync("CASE-1");

        await CouncilUpdates.ResolveAsync(_world.Main, default);

        Assert.Equal("closed", await _world.ScalarAsync<string>("SELECT status FROM report"));
    }

    [Fact]
    public async Task Documents_are_stored_and_read_in_order()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        var (id, _) = await store.SaveAsync(_world.Main, "a 2026-01-01.csv", Text("x"), default);
        Assert.True((await store.SaveAsync(_world.Main, "b.csv", Text("x"), default)).Known);
        await store.SaveAsync(_world.Main, "c.csv", Text(new string('y', 600_000)), default);
        Assert.Equal([("c", "main")], await queue.WaitingAsync(default));

        var taken = (await queue.ClaimAsync(_world.Main, default))!;
        Assert.Equal((id, true), (taken.Id, taken.Baseline));
        Assert.Null(await queue.ClaimAsync(_world.Main, default));
        await queue.BeginAsync(taken, default);
        await queue.AddProblemsAsync(taken, [(1, 3, "no date"), (2, 5, new string('z', 9_000))], default);
        await queue.ReadAsync(taken, new ReadCounts(7, 6, 2), default);
        Assert.Equal([3, 5], (await queue.ShowAsync(id, default))!.Value.Problems.Select(p => p.Row));

        var second = (await queue.ClaimAsync(_world.Main, default))!;
        var content = new MemoryStream();
        await using (var stream = await store.ToDocument(second).OpenAsync(default))
            await stream.CopyToAsync(content);
        Assert.Equal(600_000, content.Length);
        Assert.False(await queue.FailAsync(second, DocumentFailure.Counted, "The adapter is unavailable.", default));
        Assert.True(await queue.ReadAgainAsync(id, default));
        Assert.Equal(2, (await queue.ListAsync("c", 10, default)).Count);
        Assert.Equal(id, await store.FindAsync(_world.Main, System.Security.Cryptography.SHA256.HashData("x"u8), default));
    }

    [Fact]
    public async Task Document_is_given_up_after_ten_crashes_and_removed_when_incomplete()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        await store.SaveAsync(_world.Main, "a.csv", Text("x"), default);
        await _world.ExecuteAsync("UPDATE document SET claimed = 1, claimed_by = 'elsewhere/1/1', reads_started = 10");
        await _world.ExecuteAsync("INSERT INTO node (id, heartbeat, version) VALUES ('elsewhere/1/1', 1, '1')");
        await queue.ReleaseAsync(default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await queue.ReleaseAsync(default);
        Assert.Equal(0, await _world.ScalarAsync<long>("SELECT claimed FROM document"));

        Assert.Null(await queue.ClaimAsync(_world.Main, default));
        Assert.Equal(3, await _world.ScalarAsync<long>("SELECT state FROM document"));
        Assert.Contains("documents", (await DetectedAsync()).Select(t => t.Cause));

        await _world.ExecuteAsync("UPDATE document SET state = 0");
        _world.Clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal(1, await store.RemoveAbandonedAsync(default));
        Assert.Equal(0, await _world.CountAsync("document_chunk"));
    }

    [Fact]
    public async Task Collecting_resumes_at_its_cursor_and_records_the_first_failure()
    {
        var store = _world.Get<CollectionStore>();
        Assert.NotNull(await store.ClaimAsync(_world.Main, default));
        Assert.Null(await store.ClaimAsync(_world.Main, default));
        await store.CollectedAsync(_world.Main, "page 2", _world.Clock.GetUtcNow(), default);
        await store.CollectedAsync(_world.Main, null, _world.Clock.GetUtcNow(), default);
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await store.FailedAsync(_world.Main, "503", default);
        var failing = _world.Now;
        _world.Clock.Advance(TimeSpan.FromHours(1));
        await store.FailedAsync(_world.Main, "504", default);

        var row = (await store.ClaimAsync(_world.Main, default))!;
        Assert.Equal(("page 2", failing, "504"), (row.Value, row.FailingSince, row.Cause));
        Assert.Single(await store.ListAsync(null, default));
    }

    [Fact]
    public async Task Held_document_waits_for_a_decision_that_also_releases_later_ones()
    {
        var (store, queue) = (_world.Get<DocumentStore>(), _world.Get<DocumentQueue>());
        var first = (await store.SaveAsync(_world.Main, "a.csv", new MemoryStream("1"u8.ToArray()), default)).Id;
        var second = (await store.SaveAsync(_world.Main, "a.csv", new MemoryStream("2"u8.ToArray()), default)).Id;
        await queue.HoldAsync((await queue.ClaimAsync(_world.Main, default))!, 7, default);
        await queue.HoldAsync((await queue.ClaimAsync(_world.Main, default))!, 8, default);
        Assert.Null(await queue.ClaimAsync(_world.Main, default));
        var found = await _world.Database.ReadAsync(db => DetectedIncident.FindAsync(db, TimeSpan.Zero, _world.Now), default);
        Assert.Equal(2, Assert.Single(found, i => i.Cause == "new-format").Count);

        var actions = _world.Get<PluginGateway.Core.Operating.CouncilActions>();
        Assert.True((await actions.AcceptDocumentAsync(first, DocumentDecision.Known, "op", "a new column", default)).Done);
        Assert.False((await actions.AcceptDocumentAsync(first, DocumentDecision.Known, "op", "a new column", default)).Done);
        var claimed = (await queue.ClaimAsync(_world.Main, default))!;
        Assert.Equal((first, DocumentDecision.Known), (claimed.Id, claimed.Decision));
        await queue.ReadAsync(claimed, new ReadCounts(7, 0, 0), default);
        Assert.Equal(second, (await queue.ClaimAsync(_world.Main, default))!.Id);
    }

    [Fact]
    public async Task Events_are_known_by_case_and_time_and_never_told_again()
    {
        await CouncilUpdates.RecordFirstPollAsync(_world.Main, default);
        await CouncilUpdates.AddAsync(_world.Main, [NewUpdate("a", -5, "open")], baseline: false, 1, again: false, default);
        CouncilUpdate same = NewUpdate("b", -5, "open"), other = NewUpdate("c", -4, "fixed");

        var (known, events) = await CouncilUpdates.FindKnownAsync(_world.Main, [NewUpdate("a", -5, "open"), same, other], default);

        Assert.Equal(1, known);
        Assert.Same(same, Assert.Single(events));
        Assert.Equal(1, await CouncilUpdates.AddKnownAsync(_world.Main, [same], 2, default));
        Assert.Equal(2, (await CouncilUpdates.FindKnownAsync(_world.Main, [NewUpdate("a", -5, "open"), same], default)).Known);
        Assert.Single(await CouncilUpdates.ServedAsync("c", _world.Clock.GetUtcNow().AddDays(-1), _world.Clock.GetUtcNow().AddDays(1), default));
    }

    [Fact]
    public async Task Problem_of_a_folder_is_stored_until_it_is_over()
    {
        var store = _world.Get<CollectionStore>();
        await store.FolderAsync(_world.Main, "locked", default);
        await store.FolderAsync(_world.Main, "no space", default);

        var found = await _world.Database.ReadAsync(db => DetectedIncident.FindAsync(db, TimeSpan.Zero, _world.Now), default);
        Assert.Contains("no space", Assert.Single(found, i => i.Cause == "files").Text, StringComparison.Ordinal);
        await store.FolderAsync(_world.Main, "", default);
        Assert.Equal(0, await _world.CountAsync("folder_problem"));
    }

    [Fact]
    public async Task Last_poll_of_a_client_is_stored()
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

    private CouncilUpdate NewUpdate(string id, int minutes, string status) =>
        new() { UpdateId = id, BackEndId = "CASE-1", Status = status, OccurredAt = _world.Clock.GetUtcNow().AddMinutes(minutes) };
}
