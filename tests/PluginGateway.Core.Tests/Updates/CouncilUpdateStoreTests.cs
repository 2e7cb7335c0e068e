using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using PluginGateway.Contracts;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Tests.Storage;
using PluginGateway.Core.Updates;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Updates;

public sealed class CouncilUpdateStoreTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(Some.Time);
    private readonly BackEnd _backEnd = TestCouncils.Plain.BackEnds["email"];

    private TestDatabase _test = null!;
    private CouncilUpdateStore _store = null!;

    private DateTimeOffset Now => _clock.GetUtcNow();

    public async ValueTask InitializeAsync()
    {
        _test = await TestDatabase.CreateAsync();
        _store = Host(_clock).Store;
    }

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Client_that_asks_for_one_window_after_another_sees_every_update_whatever_the_clocks_do(int seed)
    {
        // One host is five minutes behind. The clock of the other goes back an hour, and comes forward again.
        var random = new Random(seed);
        OffsetClock ahead = new(_clock), behind = new(_clock) { Offset = TimeSpan.FromMinutes(-5) };
        var hosts = new[] { Host(ahead), Host(behind) };
        var (asked, number, seen) = (Now, 0, new HashSet<string>(StringComparer.Ordinal));
        for (var minute = 0; minute < 400; minute++)
        {
            _clock.Advance(TimeSpan.FromSeconds(random.Next(30, 90)));
            ahead.Offset = minute is > 100 and < 160 ? TimeSpan.FromHours(-1) : TimeSpan.Zero;
            if (minute % 10 == 0)
            {
                var (store, polls) = hosts[random.Next(2)];
                await polls.RecordAsync(_backEnd.Council, 7, asked, Now, default);
                foreach (var row in await store.ServedAsync(_backEnd.Council, asked, Now, default))
                    seen.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(row.Payload)));
                asked = Now;
            }

            // Nothing is added at the end, so that the last updates can still be asked for.
            if (minute < 300)
                await AddAsync(hosts[random.Next(2)].Store, false, Update($"u{number++}", $"case {random.Next(5)}", minutes: -1));
        }

        Assert.Equal(300, seen.Count);
        var served = await _test.Database.ReadAsync(db => db.ListAsync<long>("SELECT served FROM council_update ORDER BY id"), default);
        Assert.All(served.Zip(served.Skip(1)), p => Assert.True(p.Second >= p.First - 5_000, "The time of an update is much earlier than that of the one before."));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 24)]
    [InlineData(7, 1)]
    [InlineData(7, 24)]
    public async Task Window_in_the_future_delays_no_update(long client, int hours)
    {
        var (store, polls) = Host(_clock);
        for (var i = 0; i < 3; i++)
            await polls.RecordAsync(_backEnd.Council, client, Now.AddHours(hours), Now.AddHours(hours + 1), default);

        await AddAsync(store, false, Update("a", minutes: -1));

        Assert.Single(await store.ServedAsync(_backEnd.Council, Now.AddMinutes(-1), Now.AddSeconds(10), default));
    }

    [Fact]
    public async Task Known_updates_are_neither_added_again_nor_changed()
    {
        Assert.Equal(2, await AddAsync(false, Update("a", minutes: -5), Update("b", minutes: -4)));
        _clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(1, await AddAsync(false, Update("b", minutes: -3), Update("c", minutes: -3)));

        Assert.Equal(["a open", "b open", "c open"], (await ServedAsync()).Select(Text));
    }

    [Fact]
    public async Task Same_id_with_another_status_or_text_is_a_new_update()
    {
        // Both in one answer, and each again in the next.
        var (first, second) = (Update("w1", minutes: -5, status: "investigating"), Update("w1", minutes: -4, status: "fixed"));
        Assert.Equal(2, await AddAsync(false, first, second));
        Assert.Equal(0, await AddAsync(false, second));
        Assert.Equal(0, await AddAsync(false, first));
        Assert.Equal(1, await AddAsync(false, second with { Description = "Filled" }));
        // Links and times may change from one answer to the next.
        Assert.Equal(0, await AddAsync(false, second with { Description = "Filled", OccurredAt = second.OccurredAt.AddMinutes(1), MediaUrls = [new Uri("https://a/?signed=2")] }));

        // The status goes back to an earlier one, and to a word that clients do not know.
        var reopened = second with { Status = "investigating", OccurredAt = second.OccurredAt.AddMinutes(2) };
        Assert.Equal(1, await AddAsync(false, reopened));
        Assert.Equal(0, await AddAsync(false, reopened, second, first));
        Assert.Equal(
            1, await AddAsync(false, reopened with { Status = "unchanged", ExternalStatusCode = "scheduled", OccurredAt = reopened.OccurredAt.AddMinutes(1) }));

        var served = await ServedAsync();
        Assert.Equal(["investigating", "fixed", "fixed", "investigating", "unchanged"], served.Select(s => s.Update.Status));
        Assert.Equal("w1", served[0].Update.UpdateId);
        Assert.Equal(5, served.Select(s => s.Update.UpdateId).Distinct(StringComparer.Ordinal).Count());
        Assert.All(served.Skip(1), s => Assert.Matches("^w1-[0-9a-f]{8}$", s.Update.UpdateId));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(60)]
    [InlineData(100)]
    public async Task Changed_update_is_recognised_with_ids_of_any_length_and_with_ids_that_look_derived(int length)
    {
        var id = new string('w', length);
        var (a, b) = (Update(id, minutes: -9, status: "open"), Update(id, minutes: -8, status: "closed"));
        Assert.Equal(3, await AddAsync(false, a, b, Update(id + "-20260131", minutes: -1, status: "open")));
        // The endpoint writes the current time with the same state.
        for (var minutes = -7; minutes < -5; minutes++)
            Assert.Equal(0, await AddAsync(false, Update(id, minutes: minutes, status: "closed")));

        Assert.Equal(1, await AddAsync(false, Update(id, minutes: -4, status: "open")));
    }

    [Fact]
    public async Task Update_of_a_document_with_a_known_id_is_not_added_again_when_a_rule_was_edited()
    {
        await _store.AddAsync(_backEnd, [Update("1", minutes: -5)], baseline: false, documentId: 1, again: false, default);

        Assert.Equal(
            0, await _store.AddAsync(_backEnd, [Update("1", minutes: -5, status: "fixed")], baseline: false, documentId: 2, again: false, default));
    }

    [Fact]
    public async Task New_updates_are_served_shortly_afterwards_in_chronological_order()
    {
        await AddAsync(false, Update("b", minutes: -10), Update("a", minutes: -30), Update("z", "8", minutes: -60));

        var served = await ServedAsync();

        Assert.Equal(["z", "a", "b"], served.Select(s => s.Update.UpdateId));
        // Updates of the same case are one second apart.
        Assert.Equal([2, 2, 3], served.Select(s => (s.Row.Served - Now.ToUnixTimeMilliseconds()) / 1_000));
    }

    [Fact]
    public async Task Baseline_updates_are_served_with_the_time_at_which_they_occurred()
    {
        await AddAsync(true, Update("b", minutes: -10), Update("a", minutes: -30), Update("c", minutes: -10), Update("d", minutes: +90));

        // An update dated in the future counts as new.
        Assert.Equal([-30 * 60, -10 * 60, (-10 * 60) + 1, 2], (await ServedAsync()).Select(s => (s.Row.Served - Now.ToUnixTimeMilliseconds()) / 1_000));
    }

    [Fact]
    public async Task Baseline_updates_after_the_first_poll_count_as_new()
    {
        await _store.RecordFirstPollAsync(_backEnd, default);
        _clock.Advance(TimeSpan.FromDays(1));

        await AddAsync(true, Update("before", "1", minutes: (-24 * 60) - 5), Update("after", "2", minutes: -60));

        Assert.Equal(
            [("before", -86_700L), ("after", 2L)],
            (await ServedAsync()).Select(s => (s.Update.UpdateId, (s.Row.Served - Now.ToUnixTimeMilliseconds()) / 1_000)));
    }

    [Fact]
    public async Task Updates_without_status_or_from_the_future_do_not_make_others_late()
    {
        await AddAsync(false, Update("comment", minutes: -10, status: "unchanged"), Update("slip", "8", minutes: 60 * 23));
        _clock.Advance(TimeSpan.FromMinutes(5));

        await AddAsync(false, Update("done", minutes: -25, status: "fixed"), Update("next", "8", minutes: -1, status: "fixed"));

        Assert.DoesNotContain(await ServedAsync(), s => s.Row.Late);
    }

    [Fact]
    public async Task Cases_known_only_by_client_reference_are_separate()
    {
        await AddAsync(false, Update("a", "", minutes: -5) with { Reference = "1001" });
        await AddAsync(false, Update("b", "", minutes: -9) with { Reference = "1002" });

        Assert.Equal([2, 2], (await ServedAsync()).Select(s => (s.Row.Served - Now.ToUnixTimeMilliseconds()) / 1_000));
        Assert.DoesNotContain(await ServedAsync(), s => s.Row.Late);
    }

    [Fact]
    public async Task Update_older_than_one_already_served_is_late()
    {
        await AddAsync(false, Update("new", minutes: -10, status: "fixed"));
        await AddAsync(false, Update("old", minutes: -20), Update("other", "8", minutes: -30));

        Assert.Equal(
            [("new", false), ("other", false), ("old", true)],
            (await ServedAsync()).Select(s => (s.Update.UpdateId, s.Row.Late)).OrderBy(s => s.Late).ThenBy(s => s.UpdateId, StringComparer.Ordinal).ToList());
    }

    [Fact]
    public async Task Document_read_again_corrects_known_updates()
    {
        await ReportAsync(id: 256, revision: 1);
        await AliasAsync("7", 256, 1);
        await AddAsync(false, Update("a", minutes: -5, status: "no_further_action"));

        Assert.Equal(
            1, await _store.AddAsync(
                _backEnd, [Update("a", minutes: -5, status: "fixed"), Update("b", minutes: -4)], baseline: false, documentId: 1, again: true, default));

        Assert.Equal(["a fixed", "b open"], (await ServedAsync()).Select(Text));
        Assert.Equal("open", await StatusAsync());
    }

    [Fact]
    public async Task Status_of_a_report_is_the_newest_one_of_its_latest_case()
    {
        await ReportAsync(id: 256, revision: 2);
        await AliasAsync("old-case", 256, 1);
        await AliasAsync("case", 256, 2);

        await AddAsync(
            false, Update("1", "case", minutes: -5, status: "fixed"), Update("2", "case", minutes: -9, status: "investigating"),
            Update("3", "case", minutes: -1, status: "unchanged"), Update("4", "old-case", minutes: -1, status: "closed"));
        Assert.Equal("fixed", await StatusAsync());
        await AddAsync(false, Update("5", "case", minutes: -7, status: "open"));
        Assert.Equal("fixed", await StatusAsync());
        await AddAsync(false, Update("6", "case", minutes: 0, status: "in_progress"));
        Assert.Equal("in_progress", await StatusAsync());
    }

    [Fact]
    public async Task Update_received_before_the_id_of_its_case_is_assigned_later()
    {
        await ReportAsync(id: 256, revision: 1);
        await AddAsync(false, Update("1", "case", minutes: -5, status: "investigating"), Update("2", "case", minutes: -2, status: "fixed"));
        Assert.Equal("open", await StatusAsync());

        await AliasAsync("case", 256, 1);
        await _store.ResolveAsync(_backEnd, default);

        Assert.Equal("fixed", await StatusAsync());
        Assert.All(await ServedAsync(), s => Assert.Equal("PG-PUBLIC", s.Row.PublicId));
    }

    [Fact]
    public async Task Query_of_served_updates_uses_an_index()
    {
        var plans = await _test.Database.ReadAsync(
            async db => (await db.ListAsync<PlanRow>("EXPLAIN QUERY PLAN " + CouncilUpdateStore.Served, new { council = "c", from = 0L, until = 1L, after = 0L })).Select(
                p => p.Detail).ToList(), default);

        Assert.Contains(plans, p => p.Contains("council_update_served", StringComparison.Ordinal));
        Assert.DoesNotContain(plans, p => p.StartsWith("SCAN", StringComparison.Ordinal) || p.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    private static string Text((ServedRow Row, CouncilUpdate Update) served) => $"{served.Update.UpdateId} {served.Update.Status}";

    private Task<int> AddAsync(bool baseline, params CouncilUpdate[] updates) => AddAsync(_store, baseline, updates);

    private Task<int> AddAsync(CouncilUpdateStore store, bool baseline, params CouncilUpdate[] updates) =>
        store.AddAsync(_backEnd, updates, baseline, documentId: 0, again: false, default);

    /// <summary>Creates the stores of a host with its own clock.</summary>
    private (CouncilUpdateStore Store, ClientPolls Polls) Host(TimeProvider clock)
    {
        var polls = new ClientPolls(_test.Database, Options.Create(new UpdatesOptions()), clock);
        return (new CouncilUpdateStore(_test.Database, new ServedTimes(polls, Options.Create(new UpdatesOptions()), Options.Create(new LeaseOptions())), clock), polls);
    }

    private sealed class OffsetClock(TimeProvider clock) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + Offset;
    }

    private CouncilUpdate Update(string id, string backEndId = "7", int minutes = 0, string status = "open") =>
        new() { UpdateId = id, BackEndId = backEndId, Status = status, OccurredAt = Now.AddMinutes(minutes) };

    private async Task<List<(ServedRow Row, CouncilUpdate Update)>> ServedAsync() =>
        [.. (await _store.ServedAsync("plain", Now.AddDays(-2), Now.AddDays(1), default)).Select(
            r => (r, System.Text.Json.JsonSerializer.Deserialize(r.Payload, PluginGateway.Core.Reports.ReportJson.Default.StoredCouncilUpdate)!.ToUpdate()))];

    private Task ReportAsync(long id, int revision) => _test.Database.WriteAsync(
        async db =>
        {
            await db.ExecuteAsync(
                """
                INSERT INTO report (id, council, client_id, service_code, owner, own_id, public_id, revision, received, updated, status, private)
                VALUES (@id, 'plain', 1, 'BIN', 'email', 'PG', 'PG', @revision, 0, 0, 'open', 0)
                """,
                new { id, revision });
            for (var n = 1; n <= revision; n++)
                await db.ExecuteAsync(
                    """
                    INSERT INTO report_revision (id, report_id, revision, service_id, own_id, public_id, fingerprint, source, by_whom, received, payload)
                    VALUES (@caseId, @id, @n, 0, @own, 'PG-PUBLIC', x'00', '', '', 0, x'00')
                    """,
                    new { caseId = id + n - 1, id, n, own = $"PG{n}" });
            return 0;
        },
        default);

    private Task AliasAsync(string backEndId, long report, int revision) => _test.Database.WriteAsync(
        db => db.ExecuteAsync(
            """
            INSERT INTO report_alias (council, backend, id_key, id, report_id, revision, kind) VALUES ('plain', 'email', @key, @backEndId, @report, @revision, 3)
            """,
            new { key = IdKey.Of(backEndId), backEndId, report, revision }),
        default);

    private Task<string?> StatusAsync() => _test.Database.ReadAsync(db => db.ScalarAsync<string>("SELECT status FROM report"), default);

    private sealed class PlanRow
    {
        public string Detail { get; init; } = "";
    }
}
