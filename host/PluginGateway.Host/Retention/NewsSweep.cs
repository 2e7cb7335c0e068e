using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Retention;

/// <summary>
/// What councils told: emptied, and no longer shown. That it was told is kept, because a council's file tells it again. Where the clearing has
/// come to is marked, so that it does not walk the same way every night.
/// </summary>
internal sealed class NewsSweep(IDatabase database) : ISweep
{
    private const int Window = 500;

    public string Name => "councils' updates";

    public TimeSpan? Keeps(RetentionOptions options) => options.PersonalData > TimeSpan.Zero ? options.PersonalData : null;

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
        var (name, cleared) = ($"council_update {council}", 0L);
        var mark = await database.ReadAsync(db => db.ScalarAsync<long?>("SELECT value FROM retention_mark WHERE name = @name", new { name }), ct) ?? 0;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var window = await database.ReadAsync(
                db => db.ListAsync<NewsRow>(
                    $"SELECT served AS Served FROM council_update WHERE council = @council AND served >= @mark AND served < @before ORDER BY served {db.Dialect.Page("0", "@most")}",
                    new { council, mark, before, most = Window }),
                ct);
            // More of one moment than fits into a window is taken whole: the next begins behind it.
            var next = window.Count < Window ? before : Math.Max(window[^1].Served, mark + 1);
            cleared += !remove ? window.Count(r => r.Served < next) : await database.WriteAsync(
                    async db =>
                    {
                        var count = await db.ExecuteAsync(
                            $"UPDATE council_update SET payload = @none WHERE council = @council AND served >= @mark AND served < @next AND {db.Dialect.Length("payload")} > 0",
                            new { none = Array.Empty<byte>(), council, mark, next });
                        if (await db.ExecuteAsync("UPDATE retention_mark SET value = @next WHERE name = @name", new { name, next }) == 0)
                            await db.ExecuteAsync("INSERT INTO retention_mark (name, value) VALUES (@name, @next)", new { name, next });
                        return count;
                    },
                    ct);
            if (next >= before)
                return cleared;
            mark = next;
        }
    }

    private sealed class NewsRow
    {
        public long Served { get; init; }
    }
}
