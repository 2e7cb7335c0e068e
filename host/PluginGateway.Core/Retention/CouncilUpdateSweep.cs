using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates;

namespace PluginGateway.Core.Retention;

/// <summary>
/// Clears the content of council updates, which are then no longer served. The rows remain, because a later file from the council may contain the same
/// updates. Their pictures are deleted. A checkpoint stores the progress, so that the sweep does not scan the same rows every night.
/// </summary>
internal sealed class CouncilUpdateSweep(IDatabase database) : ISweep
{
    private const int Window = 500;

    public string Name => "council updates";

    public TimeSpan? RetentionPeriod(RetentionOptions options) => options.PersonalData > TimeSpan.Zero ? options.PersonalData : null;

    public async Task<long> RunAsync(long before, bool remove, CancellationToken ct)
    {
        var cleared = 0L;
        string? council = "";
        while ((council = await database.ReadAsync(
            db => db.ScalarAsync<string>("SELECT MIN(council) FROM council_update WHERE council > @council", new { council }), ct)) is not null)
            cleared += await RunAsync(council, before, remove, ct);
        if (remove)
            await database.WriteAsync(
                db => db.InBatchesAsync(
                    $"""
                    DELETE FROM update_picture
                    WHERE id IN (SELECT p.id FROM update_picture p WHERE p.received < @before ORDER BY p.received {db.Dialect.Page("0", "@max")})
                    """,
                    max => new { before, max }),
                ct);
        return cleared;
    }

    private async Task<long> RunAsync(string council, long before, bool remove, CancellationToken ct)
    {
        var (name, cleared) = (CouncilUpdateMarks.Of(council), 0L);
        var (served, id) = (await database.ReadAsync(db => Checkpoints.FindAsync(db, name), ct) ?? 0, 0L);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var window = await database.ReadAsync(
                db => db.ListAsync<CouncilUpdateRow>(
                    $"""
                    SELECT id AS Id, served AS Served, {db.Dialect.Length("payload")} AS Length FROM council_update
                    WHERE council = @council AND served >= @served AND served < @before AND (served > @served OR id > @id)
                    ORDER BY served, id {db.Dialect.Page("0", "@max")}
                    """,
                    new { council, served, id, before, max = Window }),
                ct);
            var (expired, next) = (window.Where(r => r.Length > 0).Select(r => r.Id).ToList(), window.Count < Window ? before : window[^1].Served);
            cleared += expired.Count;
            if (remove)
                await database.WriteAsync(
                    async db =>
                    {
                        if (expired.Count > 0)
                            await db.ExecuteAsync(
                                "UPDATE council_update SET payload = @none WHERE id IN @expired", new { none = Array.Empty<byte>(), expired });
                        return await Checkpoints.SetAsync(db, name, next);
                    },
                    ct);
            if (window.Count < Window)
                return cleared;
            (served, id) = (window[^1].Served, window[^1].Id);
        }
    }

    private sealed class CouncilUpdateRow
    {
        public long Id { get; init; }

        public long Served { get; init; }

        public long Length { get; init; }
    }
}
