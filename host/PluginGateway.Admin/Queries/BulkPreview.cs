using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Storage;

namespace PluginGateway.Admin.Queries;

/// <summary>What an action for many reports would meet: how many, how many may be there already, and about how long sending them takes.</summary>
internal sealed class BulkPreview(ReportSearch search, IDatabase database, CouncilDirectory councils, AdapterCaller adapters)
{
    private const int Sampled = 200;

    private static readonly TimeSpan DefaultCallTime = TimeSpan.FromSeconds(1);

    public async Task<Previewed> ReadAsync(SearchFilter filter, Actor actor, CancellationToken ct)
    {
        var found = await search.ListAsync(filter, actor, before: null, BulkJobs.MaxItems, ct);
        var ids = found.ConvertAll(f => f.Id);
        var (doubtful, took) = await database.ReadAsync(
            async db =>
            {
                var (count, all) = (0L, new List<long>());
                foreach (var batch in ids.Chunk(500))
                    count += await db.ScalarAsync<long>(
                        $"SELECT COUNT(*) FROM delivery WHERE id IN @batch AND (may_have_been_delivered = 1 OR state = {States.Unknown})", new { batch });
                if (ids.Count > 0)
                    all = await db.ListAsync<long>(
                        "SELECT ended - started FROM attempt WHERE delivery_id IN @some AND ended > 0", new { some = ids.Take(Sampled) });
                return (count, all);
            },
            ct);
        var call = took.Count == 0 ? DefaultCallTime : TimeSpan.FromMilliseconds(Math.Max(1, took.Average()));
        return new Previewed
        {
            // The oldest first, as they are sent.
            Deliveries = [.. ids.Order()],
            Councils = [.. found.Select(f => f.Council).Distinct(StringComparer.Ordinal)],
            MayHaveBeenDelivered = doubtful,
            Duration = found.GroupBy(f => (f.Council, f.BackEnd))
                .Select(g => Takes(councils.Current.FindBackEnd(g.Key.Council, g.Key.BackEnd), g.Count(), call))
                .DefaultIfEmpty().Max(),
        };
    }

    /// <summary>Lanes go beside each other: the slowest says how long it takes.</summary>
    private TimeSpan Takes(BackEnd? backEnd, int count, TimeSpan call)
    {
        var limits = backEnd is null ? null : adapters.LimitsOf(backEnd);
        return limits is { CallsPerMinute: { } rate }
            ? TimeSpan.FromMinutes((double)count / rate)
            : call * Math.Ceiling((double)count / (limits?.ConcurrentCalls ?? 1));
    }
}

/// <summary>What an action for many would meet.</summary>
internal sealed record Previewed
{
    public required IReadOnlyList<long> Deliveries { get; init; }

    public required IReadOnlyList<string> Councils { get; init; }

    public required long MayHaveBeenDelivered { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>"37 reports, 2 may already be there, about 4 min".</summary>
    public string Says => string.Join(", ", Parts());

    private IEnumerable<string> Parts()
    {
        yield return DurationText.Count(Deliveries.Count, "report");
        if (MayHaveBeenDelivered > 0)
            yield return $"{MayHaveBeenDelivered:N0} may already be there";
        if (Deliveries.Count > 0)
            yield return $"about {DurationText.Text(Duration)}";
    }
}
