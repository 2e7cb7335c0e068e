using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>
/// Deletes clients' references that no longer need to be recognised. Their key has four parts. The sweep seeks to the next council, client and kind in turn,
/// so that no statement reads more than one window.
/// </summary>
internal sealed class ReferenceSweep(IDatabase database) : ISweep
{
    private const int Window = 500;

    private static readonly int[] Kinds = [1, 2];

    public string Name => "references";

    /// <summary>Each reference has its own expiry time.</summary>
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
                    WHERE council = @council AND client_id = @client AND kind = @kind AND ref_key > @after ORDER BY ref_key {db.Dialect.Page("0", "@max")}
                    """,
                    new { council, client, kind, after, max = Window }),
                ct);
            var keys = window.FindAll(r => r.Expires < before).ConvertAll(r => r.RefKey);
            if (remove && keys.Count > 0)
                await database.WriteAsync(
                    db => db.ExecuteAsync(
                        "DELETE FROM idempotency WHERE council = @council AND client_id = @client AND kind = @kind AND ref_key IN @keys AND expires < @before",
                        new { council, client, kind, keys, before }), ct);
            cleared += keys.Count;
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
