using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates;

namespace PluginGateway.Core.Retention;

/// <summary>
/// What councils told: emptied, and no longer shown. That it was told is kept, because a council's file tells it again. Where the clearing has
/// come to is marked, so that it does not walk the same way every night.
/// </summary>
internal sealed class CouncilUpdateSweep(IDatabase database) : ISweep
{
    private const int Window = 500;

    public string Name => "councils' updates";

    public TimeSpan? RetentionPeriod(RetentionOptions options) => options.PersonalData > TimeSpan.Zero ? options.PersonalData : null;

    public async Task<long> RunAsync(long before, bool remove, CancellationToken ct)
    {
        var cleared = 0L;
        string? council = "";
        while ((council = await database.ReadAsync(
            db => db.ScalarAsync<string>("SELECT MIN(council) FROM council_update WHERE council > @council", new { council }), ct)) is not null)
            cleared += await RunAsync(council, before, remove, ct);
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
                    ORDER BY served, id {db.Dialect.Page("0", "@most")}
                    """,
                    new { council, served, id, before, most = Window }),
                ct);
            var (over, next) = (window.Where(r => r.Length > 0).Select(r => r.Id).ToList(), window.Count < Window ? before : window[^1].Served);
            cleared += over.Count;
            if (remove)
                await database.WriteAsync(
                    async db =>
                    {
                        if (over.Count > 0)
                            await db.ExecuteAsync("UPDATE council_update SET payload = @none WHERE id IN @over", new { none = Array.Empty<byte>(), over });
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
