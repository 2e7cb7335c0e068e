using System.Collections.Concurrent;
using PluginGateway.Core.Background;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Counts, for the operators' charts, how many reports each lane sent in each hour, how long their delivery took, and how many attempts failed, and keeps the
/// latest outcome of each lane. All this is kept in memory and added to the database every few seconds, so that sending never waits for it. A host
/// that is killed loses the latest counts, which affects only the site.
/// </summary>
internal sealed class HourCounts(IDatabase database, TimeProvider time, ILogger<HourCounts> log) : PeriodicWork(time, log)
{
    /// <summary>The bucket of failed attempts.</summary>
    public const int Failed = -1;

    private const long Hour = 3_600_000;

    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(8);

    /// <summary>The upper bounds, in seconds, of the buckets for the delivery time. One more bucket counts reports that took longer.</summary>
    private static readonly int[] BucketLimits = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400];

    private readonly ConcurrentDictionary<(long Lane, long Hour, int Bucket), long> _counts = new();
    private readonly ConcurrentDictionary<long, LastOutcome> _last = new();

    protected override string Purpose => "Saving the counts for the charts";

    protected override TimeSpan Every => TimeSpan.FromSeconds(5);

    /// <summary>Counts a report that was sent.</summary>
    public void Sent(ClaimedDelivery delivery)
    {
        var now = Time.NowMs();
        var end = Array.BinarySearch(BucketLimits, (int)Math.Clamp((now - delivery.Created + 999) / 1_000, 0, int.MaxValue));
        Add(delivery.LaneId, now, end < 0 ? ~end : end);
        _last[delivery.LaneId] = new LastOutcome(now, AttemptOutcome.Accepted, "");
    }

    /// <summary>Counts a failed attempt.</summary>
    public void NotSent(ClaimedDelivery delivery, AttemptOutcome outcome, string cause)
    {
        var now = Time.NowMs();
        Add(delivery.LaneId, now, Failed);
        // In these cases, the council's system was not called.
        if (delivery.Kind == DeliveryKind.Report && outcome is not (AttemptOutcome.NeedsOperator or AttemptOutcome.Unavailable))
            _last[delivery.LaneId] = new LastOutcome(now, outcome, cause);
    }

    /// <summary>Returns the counts from an hour on, by lane, hour and bucket.</summary>
    public Task<List<HourCount>> ListAsync(long sinceHour, CancellationToken ct) => database.ReadAsync(
        db => db.ListAsync<HourCount>(
            """
            SELECT h.lane_id AS LaneId, h.hour AS Hour, h.bucket AS Bucket, h.count AS Count FROM lane l JOIN delivery_hour h ON h.lane_id = l.id
            WHERE h.hour >= @sinceHour
            """,
            new { sinceHour }), ct);

    /// <summary>Returns the number of the hour that contains a time.</summary>
    public static long HourOf(long ms) => ms / Hour;

    /// <summary>
    /// Returns the time in seconds that a share of the counts does not exceed, assuming an even spread within each bucket; null if there are no counts.
    /// </summary>
    public static double? Quantile(IEnumerable<(int Bucket, long Count)> counts, double share)
    {
        var buckets = counts.Where(c => c.Bucket >= 0).GroupBy(c => c.Bucket)
            .Select(g => (Bucket: g.Key, Count: g.Sum(c => c.Count))).OrderBy(c => c.Bucket).ToList();
        var left = share * buckets.Sum(b => b.Count);
        foreach (var (bucket, count) in buckets)
        {
            if (left <= count)
                return bucket >= BucketLimits.Length ? BucketLimits[^1] : Start(bucket) + ((BucketLimits[bucket] - Start(bucket)) * (left / count));
            left -= count;
        }

        return null;

        static int Start(int bucket) => bucket == 0 ? 0 : BucketLimits[bucket - 1];
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await SaveAsync();
        }
#pragma warning disable CA1031 // A failure to save the counts must not disturb the shutdown.
        catch (Exception e)
        {
            log.HoursNotCounted(DatabaseErrors.Describe(e));
        }
#pragma warning restore CA1031
    }

    /// <summary>Adds the counts in memory to the database.</summary>
    public async Task SaveAsync()
    {
        var taken = new List<((long Lane, long Hour, int Bucket) Key, long Count)>();
        foreach (var key in _counts.Keys)
            if (_counts.TryRemove(key, out var count))
                taken.Add((key, count));
        var last = _last.Where(l => _last.TryRemove(l)).OrderBy(l => l.Key).ToList();
        if (taken.Count + last.Count == 0)
            return;

        // All hosts write in the same order.
        taken.Sort();

        try
        {
            await database.WriteAsync(
                async db =>
                {
                    foreach (var (lane, (at, outcome, cause)) in last)
                        await db.ExecuteAsync(
                            """
                            UPDATE lane SET last_attempt = @at, last_outcome = @outcome, last_cause = @cause WHERE id = @lane AND last_attempt <= @at
                            """,
                            new { lane, at, outcome = (int)outcome, cause = StoredText.Truncate(cause) });
                    foreach (var (key, count) in taken)
                    {
                        var row = new { lane = key.Lane, hour = key.Hour, bucket = key.Bucket, count };
                        if (await db.ExecuteAsync(
                            "UPDATE delivery_hour SET count = count + @count WHERE lane_id = @lane AND hour = @hour AND bucket = @bucket", row) == 0)
                            await db.ExecuteAsync("INSERT INTO delivery_hour (lane_id, hour, bucket, count) VALUES (@lane, @hour, @bucket, @count)", row);
                    }

                    foreach (var lanes in taken.Select(t => t.Key.Lane).Distinct().Chunk(DbSession.MaxList))
                        await db.ExecuteAsync(
                            "DELETE FROM delivery_hour WHERE lane_id IN @lanes AND hour < @old",
                            new { lanes, old = HourOf(Time.NowMs() - KeepFor.Ms()) });
                    return 0;
                },
                CancellationToken.None);
        }
        catch
        {
            // The next run saves them.
            foreach (var (key, count) in taken)
                _counts.AddOrUpdate(key, count, (_, more) => more + count);
            foreach (var (lane, outcome) in last)
                _last.TryAdd(lane, outcome);
            throw;
        }
    }

    protected override Task RunAsync(CancellationToken stoppingToken) => SaveAsync();

    private void Add(long lane, long now, int bucket) => _counts.AddOrUpdate((lane, HourOf(now), bucket), 1, static (_, count) => count + 1);

    private sealed record LastOutcome(long At, AttemptOutcome Outcome, string Cause);
}

/// <summary>The count of one bucket in one hour of a lane.</summary>
internal sealed class HourCount
{
    public long LaneId { get; init; }

    public long Hour { get; init; }

    public int Bucket { get; init; }

    public long Count { get; init; }
}
