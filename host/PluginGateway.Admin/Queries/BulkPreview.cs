using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>Previews an action on many reports: how many there are, how many may have been delivered, and approximately how long sending them takes.</summary>
internal sealed class BulkPreview(ReportSearch search, IDatabase database, CouncilDirectory councils, AdapterCaller adapters)
{
    private const int SampleSize = 200;

    private static readonly TimeSpan DefaultCallTime = TimeSpan.FromSeconds(1);

    public async Task<BulkPreviewResult> ReadAsync(SearchFilter filter, Actor actor, CancellationToken ct)
    {
        var found = await search.ListAsync(filter, actor, before: null, BulkJobs.MaxItems, ct);
        var ids = found.ConvertAll(f => f.Id);
        var (unconfirmed, durations) = await database.ReadAsync(
            async db =>
            {
                var (count, sample) = (0L, new List<long>());
                foreach (var batch in ids.Chunk(500))
                    count += await db.ScalarAsync<long>(
                        $"SELECT COUNT(*) FROM delivery WHERE id IN @batch AND (may_have_been_delivered = 1 OR state = {States.Unknown})", new { batch });
                if (ids.Count > 0)
                    sample = await db.ListAsync<long>(
                        "SELECT ended - started FROM attempt WHERE delivery_id IN @some AND ended > 0", new { some = ids.Take(SampleSize) });
                return (count, sample);
            },
            ct);
        var call = durations.Count == 0 ? DefaultCallTime : TimeSpan.FromMilliseconds(Math.Max(1, durations.Average()));
        return new BulkPreviewResult
        {
            // Oldest first, in the order of sending.
            Deliveries = [.. ids.Order()],
            Councils = [.. found.Select(f => f.Council).Distinct(StringComparer.Ordinal)],
            MayHaveBeenDelivered = unconfirmed,
            Duration = found.GroupBy(f => (f.Council, f.BackEnd))
                .Select(g => Estimate(councils.Current.FindBackEnd(g.Key.Council, g.Key.BackEnd), g.Count(), call))
                .DefaultIfEmpty().Max(),
        };
    }

    /// <summary>Estimates how long a lane takes. Lanes work at the same time, so the slowest one determines the total.</summary>
    private TimeSpan Estimate(BackEnd? backEnd, int count, TimeSpan call)
    {
        var limits = backEnd is null ? null : adapters.LimitsOf(backEnd);
        return limits is { CallsPerMinute: { } rate }
            ? TimeSpan.FromMinutes((double)count / rate)
            : call * Math.Ceiling((double)count / (limits?.ConcurrentCalls ?? 1));
    }
}

/// <summary>The preview of an action on many reports.</summary>
internal sealed record BulkPreviewResult
{
    public required IReadOnlyList<long> Deliveries { get; init; }

    public required IReadOnlyList<string> Councils { get; init; }

    public required long MayHaveBeenDelivered { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>The preview in words: "37 reports, 2 may have been delivered; sending takes about 4 min".</summary>
    public string Summary => string.Join(", ", Counts()) + (Deliveries.Count > 0 ? $"; sending takes {Estimate}" : "");

    private string Estimate => Duration.TotalSeconds < 1 ? DurationText.InSentence(Duration) : $"about {DurationText.Text(Duration)}";

    private IEnumerable<string> Counts()
    {
        yield return DurationText.Count(Deliveries.Count, "report");
        if (MayHaveBeenDelivered > 0)
            yield return $"{MayHaveBeenDelivered:N0} may have been delivered";
    }
}
