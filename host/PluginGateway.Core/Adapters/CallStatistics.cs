using System.Collections.Concurrent;
using PluginGateway.Contracts;

namespace PluginGateway.Core.Adapters;

/// <summary>Counts the calls into each adapter and their outcomes on this host since startup.</summary>
internal sealed class CallStatistics
{
    /// <summary>The upper bounds of the duration buckets in milliseconds; one more bucket counts longer calls.</summary>
    private static readonly int[] BucketLimits = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000];

    private readonly ConcurrentDictionary<(string Adapter, int Generation), Counts> _counts = new();

    public void Add<T>(string adapter, AdapterOutcome<T> outcome, TimeSpan took)
    {
        var (generation, failure) = outcome switch
        {
            AdapterOutcome<T>.Answered answered => (answered.Generation, null),
            AdapterOutcome<T>.Failed failed => (failed.Generation, failed.Failure),
            _ => (0, null),
        };
        if (generation == 0)
            return;

        var counts = _counts.GetOrAdd((adapter, generation), static _ => new Counts(BucketLimits.Length + 1));
        var end = Array.BinarySearch(BucketLimits, (int)Math.Min(took.TotalMilliseconds, int.MaxValue));
        Interlocked.Increment(ref counts.Buckets[end < 0 ? ~end : end]);
        if (failure is not null)
            Interlocked.Increment(ref failure.Kind is FailureKind.Rejected or FailureKind.NotYet ? ref counts.Refused : ref counts.Failed);
    }

    public IReadOnlyList<CallSummary> List() =>
    [
        .. _counts.Select(
            c => new CallSummary(
                c.Key.Adapter, c.Key.Generation, c.Value.Buckets.Sum(), c.Value.Failed, c.Value.Refused, Quantile(c.Value.Buckets, 0.5),
                Quantile(c.Value.Buckets, 0.95)))
            .OrderBy(c => c.Adapter, StringComparer.Ordinal).ThenByDescending(c => c.Generation),
    ];

    /// <summary>Returns the upper bound of the bucket that contains a quantile.</summary>
    private static TimeSpan Quantile(long[] buckets, double share)
    {
        var remaining = share * buckets.Sum();
        for (var i = 0; i < buckets.Length; i++)
            if ((remaining -= buckets[i]) <= 0)
                return TimeSpan.FromMilliseconds(BucketLimits[Math.Min(i, BucketLimits.Length - 1)]);
        return TimeSpan.FromMilliseconds(BucketLimits[^1]);
    }

    private sealed class Counts(int buckets)
    {
        public readonly long[] Buckets = new long[buckets];
        public long Failed;
        public long Refused;
    }
}

/// <summary>Summarises the calls into one generation of an adapter.</summary>
/// <param name="Adapter">The adapter's name.</param>
/// <param name="Generation">The number of the generation.</param>
/// <param name="Calls">The number of calls that have ended.</param>
/// <param name="Failed">The number of those that failed.</param>
/// <param name="Refused">The number of those that were rejected or deferred.</param>
/// <param name="Median">The median duration.</param>
/// <param name="P95">The 95th percentile of the durations.</param>
internal sealed record CallSummary(string Adapter, int Generation, long Calls, long Failed, long Refused, TimeSpan Median, TimeSpan P95);
