using Microsoft.Extensions.Options;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates.Collecting;

/// <summary>Stores the progress of the collection from each back end. When several hosts run, only one of them runs each collection.</summary>
internal sealed class CollectionStore(IDatabase database, IOptions<UpdatesOptions> options, TimeProvider time)
{
    /// <summary>Claims the next collection from a back end. Returns null if it is not due or if another host has claimed it.</summary>
    public async Task<CollectionRow?> ClaimAsync(BackEnd backEnd, CancellationToken ct)
    {
        var now = time.NowMs();
        // This is called every second; only a collection that is due needs a write.
        var due = await database.ReadAsync(
            db => db.ScalarAsync<long?>("SELECT due FROM collection WHERE council = @Council AND backend = @Name", new { backEnd.Council, backEnd.Name }), ct);
        return due > now ? null : await ClaimAsync(backEnd, now, ct);
    }

    public Task CollectedAsync(BackEnd backEnd, string? cursor, DateTimeOffset end, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            """
            UPDATE collection SET value = COALESCE(@cursor, value), collected = @end, failing_since = 0, cause = '' WHERE council = @Council AND backend = @Name
            """,
            new { backEnd.Council, backEnd.Name, cursor, end = end.ToUnixTimeMilliseconds() }),
        ct);

    public Task FailedAsync(BackEnd backEnd, string cause, CancellationToken ct) => database.WriteAsync(
        db => db.ExecuteAsync(
            """
            UPDATE collection SET failing_since = CASE WHEN failing_since = 0 THEN @now ELSE failing_since END, cause = @cause
            WHERE council = @Council AND backend = @Name
            """,
            new { backEnd.Council, backEnd.Name, cause = StoredText.Truncate(cause), now = time.NowMs() }),
        ct);

    /// <summary>Records that the files of a back end cannot be stored, or with an empty cause that they can.</summary>
    public async Task FolderAsync(BackEnd backEnd, string cause, CancellationToken ct)
    {
        var row = new { backEnd.Council, backEnd.Name, cause = StoredText.Truncate(cause), now = time.NowMs() };
        // Almost no back end has a problem, so most calls only read.
        if (cause.Length == 0 && await database.ReadAsync(
            db => db.ScalarAsync<long>("SELECT COUNT(*) FROM folder_problem WHERE council = @Council AND backend = @Name", row), ct) == 0)
            return;

        await database.WriteAsync(
            async db => cause.Length == 0
                ? await db.ExecuteAsync("DELETE FROM folder_problem WHERE council = @Council AND backend = @Name", row)
                : await db.ExecuteAsync("UPDATE folder_problem SET cause = @cause WHERE council = @Council AND backend = @Name", row) > 0
                    ? 0
                    : await db.ExecuteAsync("INSERT INTO folder_problem (council, backend, since, cause) VALUES (@Council, @Name, @now, @cause)", row),
            ct);
    }

    public Task<List<CollectionRow>> ListAsync(string? council, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<CollectionRow>(
            """
            SELECT council AS Council, backend AS BackEnd, value AS Value, collected AS Collected, failing_since AS FailingSince, cause AS Cause
            FROM collection WHERE @council IS NULL OR council = @council ORDER BY council, backend
            """,
            new { council }),
        ct);

    private Task<CollectionRow?> ClaimAsync(BackEnd backEnd, long now, CancellationToken ct) => database.WriteAsync(
        async db =>
        {
            await db.ExecuteAsync(
                """
                INSERT INTO collection (council, backend, value, collected, due, failing_since, cause) SELECT @Council, @Name, NULL, 0, 0, 0, ''
                WHERE NOT EXISTS (SELECT 1 FROM collection WHERE council = @Council AND backend = @Name)
                """,
                new { backEnd.Council, backEnd.Name });
            var taken = await db.ExecuteAsync(
                "UPDATE collection SET due = @next WHERE council = @Council AND backend = @Name AND due <= @now",
                new { backEnd.Council, backEnd.Name, now, next = now + options.Value.Every.Ms() });
            return taken == 0 ? null : await db.FirstAsync<CollectionRow>(
                """
                SELECT council AS Council, backend AS BackEnd, value AS Value, collected AS Collected, failing_since AS FailingSince, cause AS Cause
                FROM collection WHERE council = @Council AND backend = @Name
                """,
                new { backEnd.Council, backEnd.Name });
        },
        ct);
}

/// <summary>The state of the collection from a back end.</summary>
internal sealed class CollectionRow
{
    public string Council { get; init; } = "";

    public string BackEnd { get; init; } = "";

    public string? Value { get; init; }

    /// <summary>The end of the last window that was collected; 0 before the first collection.</summary>
    public long Collected { get; init; }

    public long FailingSince { get; init; }

    public string Cause { get; init; } = "";
}
