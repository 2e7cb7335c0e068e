using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>Deletes attempts of deliveries that have been sent or cancelled. Attempts of other deliveries are kept.</summary>
internal sealed class AttemptSweep(IDatabase database) : WindowSweep
{
    public override string Name => "attempts";

    public override TimeSpan? RetentionPeriod(RetentionOptions options) => For(options.Attempts);

    protected override async Task<(long? Last, int Cleared)> StepAsync(long after, long before, bool remove, CancellationToken ct)
    {
        var window = await database.ReadAsync(
            db => db.ListAsync<AttemptRow>(
                $"""
                SELECT a.delivery_id AS Delivery, d.created AS Created, a.ended AS Ended, d.state AS State FROM attempt a
                JOIN delivery d ON d.id = a.delivery_id
                WHERE a.delivery_id > @after ORDER BY a.delivery_id, a.number {db.Dialect.Page("0", "@max")}
                """,
                new { after, max = Window }),
            ct);
        // Deliveries are in chronological order: all deliveries after a window of recent ones are more recent.
        if (window.TrueForAll(a => a.Created >= before))
            return (null, 0);

        // The last delivery of a full window may have more attempts than the window contains.
        var last = window[^1].Delivery;
        if (window.Count == Window && window[0].Delivery != last)
        {
            window.RemoveAll(a => a.Delivery == last);
            last = window[^1].Delivery;
        }

        var expired = window.Where(a => a.State is DeliveryState.Sent or DeliveryState.Cancelled && a.Ended > 0 && a.Ended < before).ToList();
        if (remove)
            foreach (var batch in expired.Select(a => a.Delivery).Distinct().Chunk(500))
                await database.WriteAsync(
                    db => db.ExecuteAsync("DELETE FROM attempt WHERE delivery_id IN @batch AND ended > 0 AND ended < @before", new { batch, before }), ct);
        return (last, expired.Count);
    }

    private sealed class AttemptRow
    {
        public long Delivery { get; init; }

        public long Created { get; init; }

        public long Ended { get; init; }

        public DeliveryState State { get; init; }
    }
}
