using FsCheck;
using FsCheck.Fluent;
using PluginGateway.Host.Retention;
using PluginGateway.Host.Sending;
using PluginGateway.Host.Tests.Storage.Stores;

namespace PluginGateway.Host.Tests.Storage;

/// <summary>The rule of what goes, said once more as simply as can be, against what the clearing does to reports of all ages and states.</summary>
public sealed class RetentionRuleTests
{
    private const int Day = 24 * 60 * 60 * 1_000;

    [Fact]
    public void Exactly_what_is_over_goes() => Prop.ForAll(
        ArbMap.Default.ArbFor<(byte Age, byte Quiet, byte State, byte CopyState, byte Tried)[]>(),
        reports => CheckAsync([.. reports.Take(40)])).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithQuietOnSuccess(true));

    private static async Task<bool> CheckAsync((byte Age, byte Quiet, byte State, byte CopyState, byte Tried)[] reports)
    {
        await using var world = await StoreWorld.CreateAsync(["--Retention:PersonalData=100.00:00:00", "--Retention:Attempts=50.00:00:00"]);
        world.Clock.Advance(TimeSpan.FromDays(1_000));
        var expected = new List<(long Id, bool Scrubbed, bool Tries)>();
        foreach (var (report, number) in reports.Select((r, i) => (r, i)))
        {
            var id = (number + 1) * 1_000L * 256;
            var (received, updated) = (world.Now - ((report.Age + 1L) * Day), world.Now - (Math.Min(report.Quiet, report.Age) * (long)Day));
            var (state, copy) = (report.State % 8, report.CopyState % 8);
            var ended = world.Now - (report.Tried * (long)Day);
            await InsertAsync(world, id, received, updated, state, copy, ended);
            expected.Add((id, state is 2 or 7 && copy is 2 or 7 && updated < world.Now - (100L * Day), state is 2 or 7 && ended < world.Now - (50L * Day)));
        }

        await world.Get<RetentionRun>().RunAsync(remove: true, default);

        foreach (var (id, scrubbed, tries) in expected)
        {
            Assert.Equal(scrubbed ? 0 : 3, await world.ScalarAsync<long>($"SELECT LENGTH(payload) FROM report_revision WHERE id = {id}"));
            Assert.Equal(scrubbed ? 1 : 0, await world.CountAsync($"report WHERE id = {id} AND done > 0 AND facts IS NULL"));
            Assert.Equal(tries ? 0 : 1, await world.CountAsync($"attempt WHERE delivery_id = {id}"));
        }

        return true;
    }

    private static Task InsertAsync(StoreWorld world, long id, long received, long updated, int state, int copy, long ended) => world.Database.WriteAsync(
        async db =>
        {
            var row = new { id, copyId = id + 500_000_000_000, received, updated, state, copy, ended, outcome = (int)AttemptOutcome.Accepted };
            await db.ExecuteAsync(
                """
                INSERT INTO report (id, council, client_id, service_code, owner, own_id, public_id, revision, facts, received, updated, status, private)
                VALUES (@id, 'c', 1, 'BIN', 'main', 'x', 'x', 1, x'00', @received, @updated, 'open', 0)
                """,
                row);
            await db.ExecuteAsync(
                """
                INSERT INTO report_revision (id, report_id, revision, own_id, public_id, service_id, payload, fingerprint, source, by_whom, received)
                VALUES (@id, @id, 1, 'x', 'x', 1, x'010203', x'00', 'client', 'a site', @received)
                """,
                row);
            const string Delivery = """
                INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, gate, after_id, due, created, first_tried, tries, failures,
                    doubt, lease_owner, lease_until, lease_token, cause)
                """;
            await db.ExecuteAsync(Delivery + " VALUES (@id, @id, 1, 1, 0, 'main', 1, @state, 0, 0, 0, @received, 0, 1, 0, 0, '', 0, '', '')", row);
            await db.ExecuteAsync(Delivery + " VALUES (@copyId, @id, 1, 2, 0, 'copy', 1, @copy, 0, 0, 0, @received, 0, 1, 0, 0, '', 0, '', '')", row);
            return await db.ExecuteAsync(
                """
                INSERT INTO attempt (delivery_id, number, started, committing, ended, outcome, cause, detail, node, generation)
                VALUES (@id, 1, @ended, 0, @ended, @outcome, '', '', '', 0)
                """,
                row);
        },
        default);
}
