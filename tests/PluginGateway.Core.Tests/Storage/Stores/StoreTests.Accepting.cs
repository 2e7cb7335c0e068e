using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Host.Open311;

namespace PluginGateway.Core.Tests.Storage.Stores;

public abstract partial class StoreTests
{
    [Fact]
    public async Task Repeated_report_is_recognised_and_changed_content_is_a_revision()
    {
        var first = await _world.AcceptAsync("ref");
        Assert.Equal((first.ReportId, true), await RepeatAsync("ref", "A bin"));
        var other = await _world.AcceptAsync("ref ");
        Assert.NotEqual(first.ReportId, other.ReportId);
        Assert.NotEqual(first.ReportId, (await _world.AcceptAsync("REF")).ReportId);

        var revised = await _world.AcceptAsync("ref", "Another bin");
        Assert.Equal((first.ReportId, 2, first.OwnId, false), (revised.ReportId, revised.Revision, revised.OwnId, revised.Repeat));
        Assert.True((await _world.AcceptAsync("ref", "A third bin", isKey: true)).Conflict);
        Assert.Equal(3, await _world.CountAsync("report"));
        Assert.Equal(3, await _world.ScalarAsync<long>("SELECT MAX(repeats) FROM idempotency"));

        async Task<(long, bool)> RepeatAsync(string reference, string content) =>
            await _world.AcceptAsync(reference, content) is var result ? (result.ReportId, result.Repeat) : default;
    }

    [Fact]
    public async Task Sent_content_keeps_its_id_and_newer_content_gets_a_separate_one()
    {
        var first = await _world.AcceptAsync("ref");
        Assert.Equal(first.OwnId, await _world.SendAsync("CASE-1"));

        var second = await _world.AcceptAsync("ref", "Another bin");
        Assert.NotEqual(first.OwnId, second.OwnId);
        await _world.SendAsync("CASE-2");

        var content = (await _world.Get<DeliveryStore>().ContentAsync(first.ReportId, 2, default))!;
        Assert.Equal([first.OwnId], content.Request.EarlierIds);
        Assert.Equal("Another bin", content.Request.Description);
        var read = await _world.Get<ReportAcceptor>().ReadAsync(second, default);
        Assert.Equal((DeliveryState.Sent, second.OwnId), (read.State, read.PublicId));
    }

    [Fact]
    public async Task Newer_content_waits_for_the_older_and_replaces_it_when_it_failed()
    {
        var first = await _world.AcceptAsync("ref");
        var claimed = Assert.Single(await _world.ClaimAsync());
        await UpdateAsync(first, "u1");
        await _world.AcceptAsync("ref", "Another bin");
        Assert.Empty(await _world.ClaimAsync());

        await _world.Get<OutcomeRecorder>()
            .FailedAsync(claimed, new AttemptResult { Outcome = AttemptOutcome.Transient, Cause = "It is down." }, "503", 1, default);

        Assert.Equal(1, await _world.CountAsync("delivery WHERE state = 7"));
        var next = Assert.Single(await _world.ClaimAsync());
        Assert.Equal(2, next.Revision);
        Assert.Equal(next.Id, await _world.ScalarAsync<long>("SELECT after_id FROM delivery WHERE kind = 3"));
    }

    [Fact]
    public async Task Reports_are_found_by_ids_of_all_kinds()
    {
        var report = await _world.AcceptAsync(null);
        await _world.SendAsync("Case/1 ü");
        await _world.Database.WriteAsync(db => Aliases.AddAsync(db, "c", "", "Case/1 ü", report.ReportId, 1, AliasKind.Published), default);
        Assert.False(await _world.Database.WriteAsync(db => Aliases.AddAsync(db, "c", "", "Case/1 ü", 5, 1, AliasKind.Published), default));

        var reader = _world.Get<ReportReader>();
        Assert.Equal(report.ReportId, (await reader.ResolveAsync(_world.Council, report.OwnId, default))!.ReportId);
        Assert.Equal(report.ReportId, (await reader.ResolveAsync(_world.Council, "Case/1 ü", default))!.ReportId);
        Assert.Null(await reader.ResolveAsync(_world.Council, "case/1 ü", default));
        Assert.Null(await reader.ResolveAsync(_world.Council, "Case/1 ü ", default));
        Assert.Equal(
            [report.OwnId, "Case/1 ü"], (await reader.FindAsync(_world.Council, [report.OwnId, "Case/1 ü", "none"], null, default)).Select(v => v.Id));
        var delivery = Assert.Single(
            await _world.Database.ReadAsync(db => db.ListAsync<ClaimedDelivery>("SELECT id AS Id, 5 AS ReportId FROM delivery"), default));
        Assert.True(await _world.Get<DeliveryStore>().IsOfAnotherAsync(delivery, _world.Main, "Case/1 ü", default));

        await _world.ExecuteAsync("UPDATE report SET private = 1, client_id = 7");
        var other = PluginGateway.Testing.TestCouncils.Client with { Scopes = new HashSet<string> { ApiKeys.Reports } };
        Assert.Equal(["Case/1 ü"], await reader.HiddenAsync(_world.Main, ["Case/1 ü", "none"], other, default));
        Assert.Empty(await reader.HiddenAsync(_world.Main, ["Case/1 ü", "none"], other with { Id = 7 }, default));
    }

    [Fact]
    public async Task Operators_find_reports_by_ids_in_any_case_and_by_the_clients_number()
    {
        var mixed = await _world.AcceptAsync("FMS-31");
        await _world.SendAsync("aBc/9");
        var lower = await _world.AcceptAsync("FMS-32", "Another bin");
        await _world.SendAsync("e4f1");
        await _world.Get<ApiKeys>().AddAsync("a site", "key", [], ApiKeys.Reports, ClientProfile.None, null, default);
        await _world.ExecuteAsync("UPDATE idempotency SET client_id = (SELECT MAX(id) FROM client)");

        async Task<string?> Find(string text, params string[] councils) =>
            (await _world.Database.ReadAsync(db => DeliveryReference.FindAsync(db, text, councils), default)).Found?.OwnId;
        foreach (var id in (string[])[mixed.OwnId, mixed.OwnId.ToLowerInvariant(), "aBc/9", "ABC/9", "abc/9", "FMS-31"])
            Assert.Equal(mixed.OwnId, await Find(id));
        foreach (var id in (string[])["e4f1", "E4F1", "FMS-32"])
            Assert.Equal(lower.OwnId, await Find(id, "c"));
        foreach (var id in (string[])["abc/9", "E4F1", "FMS-31"])
            Assert.Null(await Find(id, "other"));
        Assert.Null(await Find("abc/8"));
        Assert.Null(await Find("FMS-33"));
    }

    [Fact]
    public async Task Reports_are_listed_in_pages_newest_first()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, (await _world.AcceptAsync(null, $"Bin {i}", i % 2 == 0 ? "BIN" : "LAMP")).OwnId);
            _world.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(ids, await ListAsync());
        Assert.Equal(ids[2..5], await ListAsync(("page_size", "2"), ("page", "2")));
        Assert.Equal(
            [ids[1], ids[3]],
            await ListAsync(
                ("service_code", "LAMP"), ("status", "open"), ("start_date", $"{_world.Clock.GetUtcNow().AddDays(-1):yyyy-MM-ddTHH:mm:ssZ}"), ("lat", "51.5"),
                ("long", "-0.1"), ("radius", "100")));
        Assert.Equal(ids, await ListAsync(("updated_after", "2020-01-01T00:00:00Z"), ("bbox", "-1,51,1,52")));

        async Task<IEnumerable<string>> ListAsync(params (string, string)[] arguments)
        {
            var given = new Parameters(arguments.ToDictionary(a => a.Item1, a => new StringValues(a.Item2)));
            return (await _world.Get<ReportReader>()
                .ListAsync(_world.Council, ReportFilter.Read(given, "c", null, _world.Clock.GetUtcNow()), default)).Select(v => v.Id);
        }
    }

    [Fact]
    public async Task Client_update_is_stored_once_and_waits_for_its_report()
    {
        var report = await _world.AcceptAsync(null);
        await UpdateAsync(report, "u1");
        await UpdateAsync(report, "u1");
        await UpdateAsync(report, "u2");
        Assert.Equal(2, await _world.CountAsync("client_update"));
        Assert.Equal(2, await _world.CountAsync("delivery WHERE kind = 3 AND hold = 2"));

        await _world.SendAsync("CASE-1");
        var update = Assert.Single(await _world.ClaimAsync());
        Assert.Equal(DeliveryKind.Update, update.Kind);
        await _world.Get<UpdateDeliverer>().DeliverAsync(update, _world.Main);
        Assert.Equal(2, await _world.ScalarAsync<long>($"SELECT state FROM delivery WHERE id = {update.Id}"));
        Assert.Single(await _world.ClaimAsync());
    }

    [Fact]
    public async Task Update_with_a_known_id_and_another_status_or_text_is_new()
    {
        var report = await _world.AcceptAsync(null);
        foreach (var (status, text) in new[] { ("OPEN", "a"), ("FIXED", "a"), ("FIXED", "a"), ("FIXED", "b"), ("OPEN", "a"), ("FIXED", "b") })
            await _world.Get<UpdateAcceptor>().AcceptAsync(
                7, _world.Main, report.ReportId, report.DeliveryId,
                new ClientUpdate { UpdateId = "u1", BackEndId = "", Status = status, Description = text, UpdatedAt = _world.Clock.GetUtcNow() }, default);

        Assert.Equal(5, await _world.CountAsync("client_update WHERE update_id = 'u1'"));
        Assert.Equal(5, await _world.CountAsync("delivery WHERE kind = 3"));
        Assert.Equal(1, await _world.ScalarAsync<long>("SELECT SUM(repeats) FROM idempotency WHERE kind = 2"));
    }

    [Fact]
    public async Task Update_of_a_case_without_report_is_sent()
    {
        await _world.Get<UpdateAcceptor>().AcceptAsync(
            7, _world.Main, 0, 0, new ClientUpdate { UpdateId = "u1", BackEndId = "CASE-7", Status = "OPEN", UpdatedAt = _world.Clock.GetUtcNow() }, default);

        await _world.Get<OutcomeRecorder>().DoneAsync(Assert.Single(await _world.ClaimAsync()), "N-1", "", 1, default);

        Assert.Equal("N-1", await _world.ScalarAsync<string>("SELECT backend_id FROM delivery WHERE state = 2"));
    }

    [Fact]
    public async Task Files_are_assigned_to_their_report_and_orphans_removed_after_a_day()
    {
        var files = _world.Get<AttachmentStore>();
        var (kept, orphan) = (await files.SaveAsync("a.jpg", "image/jpeg", new MemoryStream([1, 2, 3]), default), await files.SaveAsync("b.jpg", "image/jpeg", new MemoryStream([4]), default));
        await _world.Database.WriteAsync(
            async db =>
            {
                await AttachmentStore.AdoptAsync(db, 256, [kept]);
                return 0;
            },
            default);
        _world.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Equal(1, await files.RemoveOrphansAsync(default));

        Assert.Equal(3, (await files.OpenAsync(kept, default)).Length);
        await Assert.ThrowsAsync<FileNotFoundException>(() => files.OpenAsync(orphan, default));
    }

    [Fact]
    public async Task Long_file_is_stored_in_chunks_and_removed_with_them()
    {
        var files = _world.Get<AttachmentStore>();
        var content = System.Security.Cryptography.RandomNumberGenerator.GetBytes((2 * AttachmentStore.ChunkLength) + 5);
        var file = await files.SaveAsync("a.jpg", "image/jpeg", new MemoryStream(content), default);
        Assert.Equal((3, 1), (await _world.CountAsync("attachment_chunk"), await _world.CountAsync("attachment")));
        // A host of an earlier version finds no row with this id, instead of an empty file.
        Assert.Equal(0, await _world.CountAsync($"attachment WHERE id = {file.Id}"));

        await using (var stream = await files.OpenAsync(file, default))
        {
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            Assert.Equal(content, copy.ToArray());
            // Some libraries read synchronously, and start again.
            stream.Position = AttachmentStore.ChunkLength - 1;
            var part = new byte[3];
            stream.ReadExactly(part);
            Assert.Equal(content[(AttachmentStore.ChunkLength - 1)..(AttachmentStore.ChunkLength + 2)], part);
        }

        var other = await files.SaveAsync("b.jpg", "image/jpeg", new MemoryStream(content), default);
        await _world.Database.WriteAsync(
            async db =>
            {
                await AttachmentStore.AdoptAsync(db, 256, [file]);
                return 0;
            },
            default);
        await files.DiscardAsync([file, other]);
        Assert.Equal((3, 1), (await _world.CountAsync("attachment_chunk"), await _world.CountAsync("attachment")));
        Assert.Equal(content.Length, (await files.FindAsync(256, file.Id, default))!.Length);

        await files.SaveAsync("c.jpg", "image/jpeg", new MemoryStream(content), default);
        _world.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(1, await files.RemoveOrphansAsync(default));
        Assert.Equal((3, 1), (await _world.CountAsync("attachment_chunk"), await _world.CountAsync("attachment")));
    }

    [Fact]
    public async Task Queue_of_a_council_is_full_at_its_limit_whether_its_deliveries_are_due_or_on_hold()
    {
        var options = Options.Create(new LimitsOptions { WaitingPerCouncil = 2 });
        await _world.AcceptAsync("1");
        Assert.False(await new QueueLimit(_world.Database, options, _world.Clock).IsFullAsync(_world.Council, default));
        await _world.AcceptAsync("2");
        await _world.ExecuteAsync("UPDATE delivery SET hold = 1 WHERE id = (SELECT MIN(id) FROM delivery)");

        var queue = new QueueLimit(_world.Database, options, _world.Clock);
        Assert.True(await queue.IsFullAsync(_world.Council, default));
        Assert.False(await queue.IsFullAsync(_world.Council with { JurisdictionId = "other" }, default));

        await _world.ExecuteAsync($"UPDATE delivery SET state = {States.Sent}, hold = 0");
        Assert.True(await queue.IsFullAsync(_world.Council, default));
        _world.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.False(await queue.IsFullAsync(_world.Council, default));
    }

    [Fact]
    public async Task Public_id_is_fixed_once_when_the_client_stops_waiting()
    {
        var report = await _world.AcceptAsync(null);
        await _world.ExecuteAsync("UPDATE report_revision SET public_id = NULL");
        await _world.ExecuteAsync("UPDATE report SET public_id = NULL");

        Assert.Equal(report.OwnId, await _world.Get<ReportAcceptor>().FixIdAsync(report.ReportId, 1, default));
        Assert.Equal(report.OwnId, await _world.SendAsync("CASE-1"));
        Assert.Equal(1, await _world.CountAsync("council_update WHERE backend = ''"));
    }

    [Fact]
    public async Task Id_of_the_back_end_is_published_with_its_notice_when_it_arrives_in_time()
    {
        var report = await _world.AcceptAsync(null);
        await _world.ExecuteAsync("UPDATE report_revision SET public_id = NULL");
        await _world.ExecuteAsync("UPDATE report SET public_id = NULL");

        Assert.Equal("CASE-1", await _world.SendAsync("CASE-1", new Submission { Notice = "Thank you." }));

        Assert.Equal(
            ("CASE-1", "Thank you."),
            (await _world.Get<ReportAcceptor>().ReadAsync(report, default)) is var read ? (read.PublicId, read.Notice) : default);
    }

    [Fact]
    public async Task Services_routes_and_lanes_are_stored_once()
    {
        var (versions, service) = (_world.Get<ServiceVersions>(), new Service { Code = "X", Name = "An X" });
        var id = await versions.IdAsync(service, default);
        Assert.Equal(id, await versions.IdAsync(service with { }, default));
        Assert.Equal("An X", (await versions.FindAsync([id], default))[id].Name);

        var report = await _world.AcceptAsync(null);
        var destination = await _world.Get<ReportDestinations>().OfAsync(_world.Council, report.ReportId, 1, default);
        Assert.Equal(("main", report.DeliveryId), (destination.BackEnd!.Name, destination.DeliveryId));
        Assert.NotEqual(await _world.LaneAsync(), await _world.LaneAsync(_world.Spare));
        Assert.Equal("main", (await _world.Get<PluginGateway.Core.Catalogues.RouteTable>().RouteAsync(_world.Council, Published(), default)).Name);
    }

    private PluginGateway.Core.Catalogues.PublishedService Published() =>
        new() { Code = "BIN", Service = new Service { Code = "BIN", Name = "BIN" }, Owner = _world.Main };

    private Task UpdateAsync(AcceptResult report, string id) => _world.Get<UpdateAcceptor>().AcceptAsync(
        7, _world.Main, report.ReportId, report.DeliveryId,
        new ClientUpdate { UpdateId = id, BackEndId = "", Status = "OPEN", Description = "Still there", UpdatedAt = _world.Clock.GetUtcNow() }, default);
}
