using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending.Closures;

namespace PluginGateway.Core.Sending;

/// <summary>What the loop of a lane does its work with.</summary>
internal sealed class LaneWork(
    CouncilDirectory councils, AdapterCaller adapters, DeliveryStore store, Deliverer deliverer, ClosureTable closures, Breakers breakers, Hosts hosts,
    IOptions<SendingOptions> options, TimeProvider time, ILogger<LaneWork> log)
{
    private readonly ConcurrentDictionary<long, LaneRate> _rates = new();

    public BackEnd? Find(string council, string name) => councils.Current.FindBackEnd(council, name);

    public bool HasPlugin(BackEnd backEnd) => adapters.Describe(backEnd) is not null;

    /// <summary>While the plug-in is missing or its settings are wrong the lane is closed: nothing is claimed and nothing counts as a failure.</summary>
    public bool CannotSend(BackEnd backEnd) => adapters.CannotSend(backEnd);

    /// <summary>
    /// Claims what may go now: as many as the lane has places, its rate allows, its breaker permits, and its closures let through. Those that
    /// somebody waits for go first.
    /// </summary>
    public async Task<List<ClaimedDelivery>> ClaimAsync(BackEnd backEnd, long laneId, int free, ConcurrentQueue<long> first, CancellationToken ct)
    {
        var isClosed = (await closures.OpenAsync(ct)).Any(c => c.Closes(backEnd));
        if (isClosed)
            // Their clients were told not to wait.
            first.Clear();

        free = Math.Min(free, _rates.GetOrAdd(laneId, static _ => new LaneRate()).Left(backEnd.Rate is { } rate ? hosts.Share(rate) : null, time.GetUtcNow()));
        var permit = await breakers.PermitAsync(laneId, ct);
        if (free <= 0 || permit == BreakerPermit.None)
            return [];

        var stamps = adapters.Describe(backEnd)?.Stamps == true;
        var claimed = new List<ClaimedDelivery>();
        // What is claimed is begun before anything else can go wrong; the loop comes back for the rest.
        while (permit == BreakerPermit.Free && claimed.Count == 0 && first.TryDequeue(out var wanted))
            claimed = await store.ClaimOneAsync(laneId, wanted, stamps, ct);
        if (claimed.Count == 0 && await store.HasDueAsync(laneId, isClosed, ct))
        {
            claimed = permit == BreakerPermit.Probe
                ? await store.ClaimProbeAsync(laneId, stamps, isClosed ? backEnd : null, ct)
                : await store.ClaimDueAsync(laneId, free, stamps, isClosed ? backEnd : null, ct);
            if (permit == BreakerPermit.Probe)
                breakers.Forget();
        }

        _rates[laneId].Take(claimed.Count);
        return claimed;
    }

    /// <summary>How many calls of a back end this host may have out.</summary>
    public int Places(BackEnd backEnd) => hosts.Share(backEnd.Limit);

    public Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd) => deliverer.DeliverAsync(delivery, backEnd);

    public void ClaimFailed(string council, string backEnd, Exception e) => log.ClaimFailed(council, backEnd, e);

    /// <summary>Looks again every so often, woken or not.</summary>
    public ITimer Poll(Action look) => time.CreateTimer(_ => look(), null, options.Value.Poll, options.Value.Poll);
}
