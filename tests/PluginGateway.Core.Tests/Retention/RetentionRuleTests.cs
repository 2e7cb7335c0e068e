using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Tests.Storage.Stores;

namespace PluginGateway.Core.Tests.Retention;

/// <summary>Compares the data that the retention job removes from reports of all ages and states with a simple restatement of the rules.</summary>
public sealed class RetentionRuleTests
{
    private const long Day = 24 * 60 * 60 * 1_000;

    [Fact]
    public void Retention_removes_exactly_the_expired_data() => Prop.ForAll(
        ArbMap.Default.ArbFor<((byte Age, byte Quiet, byte State, byte CopyState, byte Tried) Sent, (byte Revisions, byte UpdateState, byte UpdateAge, byte FileAge, bool Orphan) More)[]>(),
        reports => CheckAsync([.. reports.Take(40).Select((r, i) => Case.Of(i, r.Sent, r.More))]))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithQuietOnSuccess(true));

    private static async Task<bool> CheckAsync(Case[] cases)
    {
        await using var world =
            await StoreWorld.CreateAsync(["--Retention:PersonalData=100.00:00:00", "--Retention:Attempts=50.00:00:00", "--Retention:Attachments=70.00:00:00"]);
        world.Clock.Advance(TimeSpan.FromDays(1_000));
        foreach (var one in cases)
            await world.Database.WriteAsync(db => InsertAsync(db, one, world.Now), default);

        await world.Get<RetentionRun>().RunAsync(remove: true, default);

        foreach (var one in cases)
        {
            var isFinished = one.State is 2 or 7 && one.CopyState is 2 or 7 && one.UpdateState is 2 or 7;
            var isScrubbed = isFinished && one.Quiet > 100;
            Assert.Equal(
                isScrubbed ? 0 : 3 * one.Revisions,
                await world.ScalarAsync<long>($"SELECT SUM(LENGTH(payload)) FROM report_revision WHERE report_id = {one.Id}"));
            Assert.Equal(isScrubbed ? 1 : 0, await world.CountAsync($"report WHERE id = {one.Id} AND done > 0 AND facts IS NULL"));
            Assert.Equal(
                isScrubbed && one.UpdateAge > 100 ? 0 : 2, await world.ScalarAsync<long>($"SELECT LENGTH(payload) FROM client_update WHERE id = {one.Number}"));
            Assert.Equal((one.IsOrphan || isFinished) && one.FileAge > 70 ? 0 : 1, await world.CountAsync($"attachment WHERE id = {one.Number}"));
            Assert.Equal(one.State is 2 or 7 && one.Tried > 50 ? 0 : 1, await world.CountAsync($"attempt WHERE delivery_id = {one.Last}"));
        }

        return true;
    }

    private static async Task<int> InsertAsync(DbSession db, Case one, long now)
    {
        const string Delivery = """
            INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, hold, after_id, due, created, first_tried, attempts, failures,
                may_have_been_delivered, lease_owner, lease_until, lease_token, cause)
            """;
        var row = new
        {
            one.Id,
            one.Number,
            one.Revisions,
            one.State,
            one.CopyState,
            one.UpdateState,
            one.Last,
            copyId = one.Id + 500_000_000_000,
            updateId = one.Id + 700_000_000_000,
            received = now - (one.Age * Day),
            updated = now - (one.Quiet * Day),
            ended = now - (one.Tried * Day),
            updateAt = now - (one.UpdateAge * Day),
            fileAt = now - (one.FileAge * Day),
            fileOf = one.IsOrphan ? 0 : one.Id,
            outcome = (int)AttemptOutcome.Accepted,
        };
        await db.ExecuteAsync(
            """
            INSERT INTO report (id, council, client_id, service_code, owner, own_id, public_id, revision, facts, received, updated, status, private)
            VALUES (@Id, 'c', 1, 'BIN', 'main', 'x', 'x', @Revisions, x'00', @received, @updated, 'open', 0)
            """,
            row);
        for (var revision = 1; revision <= one.Revisions; revision++)
        {
            var of = new { id = ReportIds.RevisionId(one.Id, revision), report = one.Id, revision, row.received, state = revision < one.Revisions ? 7 : one.State };
            await db.ExecuteAsync(
                """
                INSERT INTO report_revision (id, report_id, revision, own_id, public_id, service_id, payload, fingerprint, source, by_whom, received)
                VALUES (@id, @report, @revision, 'x', 'x', 1, x'010203', x'00', 'client', 'a site', @received)
                """,
                of);
            await db.ExecuteAsync(Delivery + " VALUES (@id, @report, @revision, 1, 0, 'main', 1, @state, 0, 0, 0, @received, 0, 1, 0, 0, '', 0, '', '')", of);
        }

        await db.ExecuteAsync(Delivery + " VALUES (@copyId, @Id, 1, 2, 0, 'copy', 1, @CopyState, 0, 0, 0, @received, 0, 1, 0, 0, '', 0, '', '')", row);
        await db.ExecuteAsync(
            Delivery + " VALUES (@updateId, @Id, 1, 3, @Number, 'main', 1, @UpdateState, 0, 0, 0, @received, 0, 1, 0, 0, '', 0, '', '')", row);
        await db.ExecuteAsync(
            """
            INSERT INTO client_update (id, council, client_id, report_id, backend, backend_id, update_id, status, payload, received)
            VALUES (@Number, 'c', 1, @Id, 'main', 'x', 'u', 'open', x'0102', @updateAt)
            """,
            row);
        await db.ExecuteAsync(
            """
            INSERT INTO attachment (id, report_id, sha256, name, type, length, received, content) VALUES (@Number, @fileOf, x'00', 'a.jpg', 'image/jpeg', 1, @fileAt, x'01')
            """,
            row);
        return await db.ExecuteAsync(
            """
            INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation)
            VALUES (@Last, 1, @ended, 0, @ended, @outcome, '', '', '', 0)
            """,
            row);
    }

    /// <summary>A report with its dependent data; ages in days.</summary>
    private sealed record Case(
        int Number, int Age, int Quiet, int State, int CopyState, int Tried, int Revisions, int UpdateState, int UpdateAge, int FileAge, bool IsOrphan)
    {
        public long Id => Number * 1_000L * 256;

        public long Last => ReportIds.RevisionId(Id, Revisions);

        /// <summary>Updates and attempts are never older than the report.</summary>
        public static Case Of(
            int i, (byte Age, byte Quiet, byte State, byte CopyState, byte Tried) sent,
            (byte Revisions, byte UpdateState, byte UpdateAge, byte FileAge, bool Orphan) more) =>
            new(
                i + 1, sent.Age + 1, Math.Min(sent.Quiet, sent.Age) + 1, sent.State % 8, OftenFinished(sent.CopyState), Math.Min(sent.Tried, sent.Age),
                1 + (more.Revisions % 3), OftenFinished(more.UpdateState), more.UpdateAge, more.FileAge, more.Orphan);

        private static int OftenFinished(byte state) => state % 16 < 8 ? 2 : state % 8;
    }
}
