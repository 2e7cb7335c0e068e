using Microsoft.Extensions.Options;
using PluginGateway.Host.Adapters;
using PluginGateway.Host.Councils;

namespace PluginGateway.Host.Sending;

/// <summary>What the loop of a lane does its work with.</summary>
internal sealed class LaneWork(
    CouncilDirectory councils, AdapterCaller adapters, DeliveryStore store, Deliverer deliverer, IOptions<SendingOptions> options, TimeProvider time,
    ILogger<LaneWork> log)
{
    public BackEnd? Find(string council, string name) => councils.Current.FindBackEnd(council, name);

    /// <summary>While the plug-in is missing or its settings are wrong the lane is closed: nothing is claimed and nothing counts as a failure.</summary>
    public bool IsAway(BackEnd backEnd) => adapters.IsAway(backEnd);

    public Task<bool> HasDueAsync(long laneId, CancellationToken ct) => store.HasDueAsync(laneId, ct);

    public Task<List<ClaimedDelivery>> ClaimDueAsync(BackEnd backEnd, long laneId, int count, CancellationToken ct) =>
        store.ClaimDueAsync(laneId, count, Stamps(backEnd), ct);

    public Task<List<ClaimedDelivery>> ClaimOneAsync(BackEnd backEnd, long laneId, long id, CancellationToken ct) => store.ClaimOneAsync(laneId, id, Stamps(backEnd), ct);

    public Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd) => deliverer.DeliverAsync(delivery, backEnd);

    public void ClaimFailed(string council, string backEnd, Exception e) => log.ClaimFailed(council, backEnd, e);

    /// <summary>Looks again every so often, woken or not.</summary>
    public ITimer Poll(Action look) => time.CreateTimer(_ => look(), null, options.Value.Poll, options.Value.Poll);

    private bool Stamps(BackEnd backEnd) => adapters.Describe(backEnd)?.Stamps == true;
}
