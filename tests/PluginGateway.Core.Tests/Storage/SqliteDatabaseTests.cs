using PluginGateway.Core.Storage;
using PluginGateway.Core.Storage.Sqlite;

namespace PluginGateway.Core.Tests.Storage;

public sealed class SqliteDatabaseTests : IAsyncLifetime
{
    private TestDatabase _test = null!;

    private SqliteDatabase Database => _test.Database;

    public async ValueTask InitializeAsync() => _test = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _test.DisposeAsync();

    [Fact]
    public async Task Migrating_again_changes_nothing()
    {
        await Database.MigrateAsync(default);

        Assert.Equal(Migration.For(SqliteDialect.Name).Count, await Scalar("SELECT COUNT(*) FROM migration"));
    }

    [Fact]
    public async Task Database_of_another_version_is_rejected_with_its_path()
    {
        await Write("UPDATE migration SET name = '0001_other' WHERE id = 1");

        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Database.MigrateAsync(default));
        Assert.Contains(Path.Combine(_test.Folder, "gateway.db"), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrations_of_a_newer_version_are_ignored()
    {
        await Write("INSERT INTO migration (id, name, at) VALUES (9999, '9999_next', 0)");

        await Database.MigrateAsync(default);
    }

    [Fact]
    public async Task Database_with_a_breaking_migration_of_a_newer_version_is_rejected()
    {
        await Write("INSERT INTO migration (id, name, at) VALUES (9998, '9998_next', 0), (9999, '9999_tables_breaking', 0)");

        var refusal = await Assert.ThrowsAsync<InvalidDataException>(() => Database.MigrateAsync(default));

        Assert.Equal(
            $"{Path.Combine(_test.Folder, "gateway.db")} was upgraded by a later version of the gateway (9999_tables_breaking): "
                + "run that version, or restore a back-up from before the upgrade.", refusal.Message);
    }

    [Fact]
    public async Task Prepared_statement_runs_with_different_values()
    {
        foreach (var (id, content) in new (string, string?)[] { ("a", "x"), ("b", "y"), ("c", "z") })
            await Database.WriteAsync(
                db => db.Prepare("INSERT INTO data_key (id, content) VALUES (@id, @content)").Set("@id", id).Set("@content", content).RunAsync().AsTask(),
                default);
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => Database.WriteAsync(
            db => db.Prepare("INSERT INTO data_key (id, content) VALUES (@id, @content)").Set("@id", "d").Set("@content", (string?)null).RunAsync().AsTask(),
            default));

        Assert.Equal(1, await Scalar("SELECT COUNT(*) FROM data_key WHERE id = 'b' AND content = 'y'"));
        Assert.Equal(3, await Scalar("SELECT COUNT(*) FROM data_key"));
    }

    [Fact]
    public async Task Prepared_statement_accepts_texts_and_bytes_of_any_length()
    {
        (string Id, byte[] Content)[] rows =
        [
            ("", []), ("a\0b", [0]), ("café 🚲", [1, 2, 3]), (new string('é', 9_000), new byte[40_000]), ("z", [.. Enumerable.Repeat((byte)7, 16_000)]),
            (new string('y', 16_384), [9]), ("last", [8]),
        ];
        await Database.WriteAsync(
            async db =>
            {
                foreach (var (id, content) in rows)
                    await db.Prepare("INSERT INTO data_key (id, content) VALUES (@id, @content)").Set("@id", id).Set("@content", content).RunAsync();
                return 0;
            },
            default);

        foreach (var (id, content) in rows)
            Assert.Equal(content, await Database.ReadAsync(db => db.ScalarAsync<byte[]>("SELECT content FROM data_key WHERE id = @id", new { id }), default));
        Assert.Equal(rows.Length, await Scalar("SELECT COUNT(*) FROM data_key"));
    }

    [Fact]
    public async Task Prepared_statement_does_not_reuse_values_of_an_abandoned_run()
    {
        const string Insert = "INSERT INTO data_key (id, content) VALUES (@id, @content)";
        foreach (var id in new[] { "a", "b", "c" })
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => Database.WriteAsync<int>(
                db =>
                {
                    db.Prepare(Insert).Set("@id", "left");
                    throw new InvalidOperationException();
                },
                default));
            await Database.WriteAsync(db => db.Prepare(Insert).Set("@id", id).Set("@content", "of " + id).RunAsync().AsTask(), default);
        }

        Assert.Equal(3, await Scalar("SELECT COUNT(*) FROM data_key"));
        Assert.Equal(3, await Scalar("SELECT COUNT(*) FROM data_key WHERE content = 'of ' || id"));
    }

    [Fact]
    public async Task Write_cancelled_before_it_starts_is_not_executed()
    {
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Database.WriteAsync(
            db => db.ExecuteAsync("INSERT INTO data_key (id, content) VALUES ('a', 'x')"), new CancellationToken(canceled: true)));

        Assert.Equal(0, await Scalar("SELECT COUNT(*) FROM data_key"));
    }

    [Fact]
    public async Task Reads_work_after_cache_eviction_and_after_a_failed_statement()
    {
        await Write("INSERT INTO data_key (id, content) VALUES ('a', 'x')");
        for (var i = 0; i < 500; i++)
            Assert.Equal(i + 1, await Scalar($"SELECT COUNT(*) + {i} FROM data_key"));
        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => Scalar("SELECT nothing FROM nowhere"));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
            Assert.Equal(
                "x", await Task.Run(
                    () => Database.ReadAsync(db => db.ScalarAsync<string>("SELECT content FROM data_key WHERE id = @id", new { id = "a" }), default)))));

        await Write("UPDATE data_key SET content = 'y'");
        Assert.Equal("y", await Database.ReadAsync(db => db.ScalarAsync<string>("SELECT content FROM data_key WHERE id = @id", new { id = "a" }), default));
    }

    [Fact]
    public async Task Deleted_data_is_overwritten_in_the_file()
    {
        const string Private = "Something private, sent to the council";
        for (var i = 0; i < 50; i++)
            await Write($"INSERT INTO data_key (id, content) VALUES ('{i}', '{string.Join(' ', Enumerable.Repeat(Private, i * 10))}')");
        await Write("UPDATE data_key SET content = ''");
        await Write("DELETE FROM data_key");
        await Database.DisposeAsync();

        Assert.DoesNotContain(
            Private, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(Path.Combine(_test.Folder, "gateway.db"))), StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(Path.Combine(_test.Folder, "gateway.db-wal")) is { Exists: true } log ? log.Length : 0);
    }

    [Fact]
    public async Task Failed_write_does_not_affect_others_of_its_group()
    {
        var writes = Enumerable.Range(0, 100)
            .Select(i => Write(i == 50 ? "INSERT INTO nowhere VALUES (1)" : $"INSERT INTO data_key (id, content) VALUES ('{i}', '')")).ToList();

        await Assert.ThrowsAsync<Microsoft.Data.Sqlite.SqliteException>(() => writes[50]);
        writes.RemoveAt(50);
        await Task.WhenAll(writes);
        Assert.Equal(99, await Scalar("SELECT COUNT(*) FROM data_key"));
    }

    [Fact]
    public async Task Write_that_throws_is_rolled_back()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Database.WriteAsync<int>(
            async db =>
            {
                await db.ExecuteAsync("INSERT INTO data_key (id, content) VALUES ('x', '')");
                throw new InvalidOperationException();
            },
            default));

        Assert.Equal(0, await Scalar("SELECT COUNT(*) FROM data_key"));
    }

    [Fact]
    public async Task List_parameter_is_bound_correctly_every_time()
    {
        // Dapper expands the list in the statement's text after it has started to add parameters.
        for (var n = 1; n <= 3; n++)
        {
            var (ids, content, other) = (new[] { $"{n}a", $"{n}b" }, $"c{n}", $"o{n}");
            await Database.WriteAsync(
                async db =>
                {
                    foreach (var id in ids)
                        await db.ExecuteAsync("INSERT INTO data_key (id, content) VALUES (@id, '')", new { id });
                    return await db.ExecuteAsync("UPDATE data_key SET content = @content || @other WHERE id IN @ids", new { ids, content, other });
                },
                default);
            Assert.Equal(2, await Scalar($"SELECT COUNT(*) FROM data_key WHERE content = 'c{n}o{n}'"));
        }
    }

    [Fact]
    public async Task Writer_uses_wal_with_full_synchronisation() => Assert.Equal(
        (2L, "wal"),
        (await Database.WriteAsync(db => db.ScalarAsync<long>("PRAGMA synchronous"), default),
            await Database.WriteAsync(db => db.ScalarAsync<string>("PRAGMA journal_mode"), default)));

    private Task<int> Write(string sql) => Database.WriteAsync(db => db.ExecuteAsync(sql), default);

    private Task<long> Scalar(string sql) => Database.ReadAsync(db => db.ScalarAsync<long>(sql), default);
}
