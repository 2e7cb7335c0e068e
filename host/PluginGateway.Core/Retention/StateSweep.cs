using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>Deletes expired values that adapters have stored, back end by back end.</summary>
internal sealed class StateSweep(IDatabase database) : ISweep
{
    public string Name => "stored adapter values";

    /// <summary>Each value has its own expiry time.</summary>
    public TimeSpan? RetentionPeriod(RetentionOptions options) => TimeSpan.Zero;

    public async Task<long> RunAsync(long before, bool remove, CancellationToken ct)
    {
        var cleared = 0L;
        foreach (var backEnd in await database.ReadAsync(
            db => db.ListAsync<BackEndRow>(
                "SELECT council AS Council, backend AS Name, COUNT(*) AS Ended FROM adapter_state WHERE expires < @before GROUP BY council, backend",
                new { before }),
            ct))
            cleared += remove
                ? await database.WriteAsync(
                    db => db.InBatchesAsync(
                        $"""
                        DELETE FROM adapter_state WHERE council = @Council AND backend = @Name AND name IN
                            (SELECT name FROM adapter_state WHERE council = @Council AND backend = @Name
                                AND expires < @before ORDER BY name {db.Dialect.Page("0", "@max")})
                        """,
                        max => new { backEnd.Council, backEnd.Name, before, max }),
                    ct)
                : backEnd.Ended;
        return cleared;
    }

    private sealed class BackEndRow
    {
        public string Council { get; init; } = "";

        public string Name { get; init; } = "";

        public long Ended { get; init; }
    }
}
