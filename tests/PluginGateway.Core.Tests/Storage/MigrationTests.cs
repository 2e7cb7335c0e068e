using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;
using PluginGateway.Core.Storage.SqlServer;
using PluginGateway.Testing;
using PluginGateway.Testing.SqlServer;

namespace PluginGateway.Core.Tests.Storage;

/// <summary>Tests that the migrations keep data that earlier versions stored.</summary>
public sealed class MigrationTests : IDisposable
{
    /// <summary>The first script that exists for both databases. From this one on, two consecutive versions may run at the same time.</summary>
    private const int FirstOfBoth = 6;

    /// <summary>The only exception: it renamed tables and columns for version 0.2, with all hosts stopped.</summary>
    private const int Renames = 14;

    /// <summary>A row of every table with a renamed column, as the version before stored it. Bytes are written as <c>0x&lt;7B7D&gt;</c>.</summary>
    private const string OldRows = """
        INSERT INTO duty (name, node, until) VALUES ('alerts', 'a/1/2', 11);
        INSERT INTO closure (council, backend, service, kind, reason, by_whom, since, until, settings, allowed, per_minute, rate_from, used, ended)
        VALUES ('c', 'main', '', 0, 'storm', 'ann', 12, 0, '', 0, 0, 0, 0, 0);
        INSERT INTO update_ask (council, client_id, asked, gap_from, gap_at) VALUES ('c', 1, 13, 0, 0);
        INSERT INTO retention_mark (name, value) VALUES ('night', 14);
        INSERT INTO delivery (id, report_id, revision, kind, subject_id, dest_key, lane_id, state, gate, after_id, due, created, first_tried, tries, failures,
            doubt, lease_owner, lease_until, lease_token, cause) VALUES (256, 256, 1, 1, 0, 'main', 1, 3, 2, 0, 0, 0, 0, 22, 1, 1, '', 0, '', '');
        INSERT INTO incident (council, backend, cause, text, opened, closed, count, told_open, told_over) VALUES ('c', 'main', 'x', 'y', 1, 0, 1, 1, 0);
        INSERT INTO council_update (council, backend, update_key, case_key, report_id, public_id, status, happened, learned, served, late, document_id,
            payload) VALUES ('c', 'main', 0x<01>, 0x<02>, 0, '', 'fixed', 15, 16, 17, 0, 0, 0x<7B7D>);
        INSERT INTO document (council, backend, source, name, sha256, length, received, state, baseline, again, due, claimed, claimed_by, tries, begun,
            read_at, good, fresh, bad, cause) VALUES ('c', 'main', 's', 'n', 0x<00>, 1, 1, 2, 0, 0, 0, 0, '', 23, 18, 0, 19, 20, 21, '');
        INSERT INTO audit (at, who, action, council, object, before, after, why) VALUES (1, 'ann', 'pause', 'c', 'main', '', '', '')
        """;

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Updates_stored_by_an_earlier_version_keep_their_times()
    {
        await using (var old = await EarlierSchema.CreateSqliteAsync(_folder.At("gateway.db"), FirstOfBoth))
            await EarlierSchema.RunAsync(
                old,
                    """
                    INSERT INTO council_update (id, council, backend, update_id, report_id, public_id, happened, learned, payload) VALUES (1, 'c', '', 'PG1-case', 256, 'PG1', 7000, 8000, x'7B7D')
                    """);

        await using var database = new SqliteDatabase(Options.Create(new StateOptions { Path = _folder.Path }), Faults.None, TimeProvider.System);
        await database.MigrateAsync(default);

        Assert.Equal(
            1,
            await database.ReadAsync(
                db => db.ScalarAsync<long>(
                    """
                    SELECT COUNT(*) FROM council_update WHERE council = 'c' AND update_key = @key AND public_id = 'PG1' AND occurred = 7000 AND served = 8000 AND payload = x'7B7D'
                    """,
                    new { key = IdKey.Of("PG1-case") }),
                default));
    }

    [Fact]
    public async Task Renaming_keeps_every_row_and_value_on_sqlite()
    {
        await using (var old = await EarlierSchema.CreateSqliteAsync(_folder.At("gateway.db"), Renames))
            await EarlierSchema.RunAsync(old, OldRows.Replace("0x", "x", StringComparison.Ordinal).Replace("<", "'", StringComparison.Ordinal).Replace(">", "'", StringComparison.Ordinal));

        await using var database = new SqliteDatabase(Options.Create(new StateOptions { Path = _folder.Path }), Faults.None, TimeProvider.System);
        await database.MigrateAsync(default);

        await AssertRenamedAsync(database);
    }

    [Fact]
    public async Task Renaming_keeps_every_row_and_value_on_sql_server()
    {
        await using var server = new SqlServerDouble();
        var connectionString = TestStore.Create(server.ConnectionString);
        await using (var old = await EarlierSchema.CreateSqlServerAsync(connectionString, Renames))
        {
            foreach (var statement in OldRows.Replace("<", "", StringComparison.Ordinal).Replace(">", "", StringComparison.Ordinal).Split(";\n"))
                await EarlierSchema.RunAsync(old, statement);
        }

        var database = TestStore.OpenAt(connectionString);
        await database.MigrateAsync(default);

        await AssertRenamedAsync(database);
    }

    /// <summary>Hosts are upgraded one after the other, so the previous version must run on the next schema.</summary>
    [Theory]
    [InlineData(SqliteDialect.Name)]
    [InlineData(SqlServerDialect.Name)]
    public void Later_migrations_only_add_to_the_schema(string database) => Assert.All(
        Migration.For(database).Where(m => m.Id > FirstOfBoth && m.Id != Renames)
            .SelectMany(m => m.Sql(database).Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
        statement => Assert.Matches(@"\A(--.*\n)*(CREATE TABLE|CREATE INDEX|ALTER TABLE \S+ ADD (COLUMN )?\w+ (?=[^;]*(DEFAULT|(?<!NOT )NULL)))", statement));

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _folder.Dispose();
    }

    private static async Task AssertRenamedAsync(IDatabase database)
    {
        foreach (var query in new[]
        {
            "SELECT COUNT(*) FROM leader_lock WHERE name = 'alerts' AND until = 11",
            "SELECT COUNT(*) FROM suspension WHERE reason = 'storm' AND since = 12 AND ended = 0",
            "SELECT COUNT(*) FROM client_poll WHERE polled = 13",
            "SELECT COUNT(*) FROM job_checkpoint WHERE name = 'night' AND value = 14",
            "SELECT COUNT(*) FROM delivery WHERE hold = 2 AND may_have_been_delivered = 1 AND attempts = 22",
            "SELECT COUNT(*) FROM incident WHERE notified_open = 1 AND notified_closed = 0",
            "SELECT COUNT(*) FROM council_update WHERE occurred = 15 AND received = 16 AND served = 17",
            "SELECT COUNT(*) FROM document WHERE reads_started = 18 AND valid = 19 AND added = 20 AND invalid = 21 AND attempts = 23",
            "SELECT COUNT(*) FROM audit WHERE subject = 'main'",
        })
            Assert.Equal((query, 1L), (query, await database.ReadAsync(db => db.ScalarAsync<long>(query), default)));
    }
}
