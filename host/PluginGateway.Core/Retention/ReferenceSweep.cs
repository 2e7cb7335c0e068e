using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>
/// Clients' references that need no longer be recognised. Their key has four parts: one council, client and kind after the other, found by
/// looking for the next, so that no statement reads more than a window.
/// </summary>
internal sealed class ReferenceSweep(IDatabase database) : ISweep
{
    private const int Window = 500;

    private static readonly int[] Kinds = [1, 2];

    public string Name => "references";

    /// <summary>Each says itself until when.</summary>
    public TimeSpan? RetentionPeriod(RetentionOptions options) => TimeSpan.Zero;

    public async Task<long> RunAsync(long before, bool remove, CancellationToken ct)
    {
        var cleared = 0L;
        string? council = "";
        while ((council = await database.ReadAsync(
            db => db.ScalarAsync<string>("SELECT MIN(council) FROM idempotency WHERE council > @council", new { council }), ct)) is not null)
        {
            long? client = -1;
            while ((client = await database.ReadAsync(
                db => db.ScalarAsync<long?>(
                    "SELECT MIN(client_id) FROM idempotency WHERE council = @council AND client_id > @client", new { council, client }), ct)) is not null)
                foreach (var kind in Kinds)
                    cleared += await RunAsync(council, client.Value, kind, before, remove, ct);
        }

        return cleared;
    }

    private async Task<long> RunAsync(string council, long client, int kind, long before, bool remove, CancellationToken ct)
    {
        var cleared = 0L;
        byte[] after = [];
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            var window = await database.ReadAsync(
                db => db.ListAsync<ReferenceRow>(
                    $"""
                    SELECT ref_key AS RefKey, expires AS Expires FROM idempotency
                    WHERE council = @council AND client_id = @client AND kind = @kind AND ref_key > @after ORDER BY ref_key {db.Dialect.Page("0", "@most")}
                    """,
                    new { council, client, kind, after, most = Window }),
                ct);
            var over = window.FindAll(r => r.Expires < before).ConvertAll(r => r.RefKey);
            if (remove && over.Count > 0)
                await database.WriteAsync(
                    db => db.ExecuteAsync(
                        "DELETE FROM idempotency WHERE council = @council AND client_id = @client AND kind = @kind AND ref_key IN @over AND expires < @before",
                        new { council, client, kind, over, before }), ct);
            cleared += over.Count;
            if (window.Count < Window)
                return cleared;
            after = window[^1].RefKey;
        }
    }

    private sealed class ReferenceRow
    {
        public byte[] RefKey { get; init; } = [];

        public long Expires { get; init; }
    }
}
