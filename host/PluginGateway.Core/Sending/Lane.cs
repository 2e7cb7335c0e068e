using System.Collections.Concurrent;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>
/// The loop of one back end. It claims as many due deliveries as the back end may have calls in flight, and delivers each in a separate task. It runs
/// when it is signalled, when a delivery ends, and after each <paramref name="poll"/> interval.
/// </summary>
internal sealed class Lane(
    LaneKey key, CouncilDirectory councils, LaneHealth health, DeliveryStore store, Deliverer deliverer, TimeSpan poll, TimeProvider time, ILogger log)
    : PeriodicWork(time, log)
{
    /// <summary>Deliveries that a client waits for.</summary>
    private readonly ConcurrentQueue<long> _first = new();

    /// <summary>The key contains the lease token: a delivery that is claimed again while its previous attempt is still ending is a separate entry.</summary>
    private readonly ConcurrentDictionary<string, (long Delivery, Task Work)> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0);
    private readonly LaneRate _rate = new();
    private ITimer? _poll;
    private int _started;

    /// <summary>The deliveries in progress.</summary>
    public IEnumerable<long> Running => _running.Values.Select(r => r.Delivery);

    protected override string Purpose => $"Claiming deliveries for {key.Council}/{key.BackEnd}";

    protected override bool RunsImmediately => true;

    /// <summary>Starts the loop, once.</summary>
    /// <param name="stopping">Ends the loop. If it is already cancelled, the loop ends immediately.</param>
    public void Start(CancellationToken stopping)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            return;

        _poll = Time.CreateTimer(_ => Signal(), null, poll, poll);
        _ = StartedAsync(stopping);
    }

    /// <summary>Wakes the lane because a delivery is due. A delivery that a client waits for goes first.</summary>
    public void Wake(long? first)
    {
        if (first is { } delivery)
            _first.Enqueue(delivery);
        Signal();
    }

    /// <summary>Stops claiming and waits for the calls in flight, without cancelling them.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        _poll?.Dispose();
        await Task.WhenAll(_running.Values.Select(r => r.Work));
    }

    public override void Dispose()
    {
        _poll?.Dispose();
        _signal.Dispose();
        base.Dispose();
    }

    protected override Task WaitAsync(CancellationToken stoppingToken) => _signal.WaitAsync(stoppingToken);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (await ClaimAsync(stoppingToken))
            stoppingToken.ThrowIfCancellationRequested();
    }

    /// <returns>Whether there may be more to claim now.</returns>
    private async Task<bool> ClaimAsync(CancellationToken ct)
    {
        // While the plug-in is missing or its settings are invalid, nothing is claimed, so that nothing counts as a failure.
        if (councils.Current.FindBackEnd(key.Council, key.BackEnd) is not { } backEnd || !health.CanSend(backEnd))
            return false;

        var free = health.MaxCalls(backEnd) - _running.Count;
        if (free <= 0)
            return false;

        var claimed = await ClaimAsync(backEnd, free, ct);
        foreach (var delivery in claimed)
            Begin(delivery, backEnd);
        return claimed.Count > 0;
    }

    /// <summary>
    /// Claims the deliveries that may be sent now: at most <paramref name="free"/>, within the lane's rate, its breaker and its suspensions.
    /// Deliveries that a client waits for go first.
    /// </summary>
    private async Task<List<ClaimedDelivery>> ClaimAsync(BackEnd backEnd, int free, CancellationToken ct)
    {
        var permit = await health.PermitAsync(key.Id, backEnd, ct);
        if (permit.IsRestricted)
            // Clients do not wait while a suspension applies.
            _first.Clear();

        free = Math.Min(free, _rate.Left(permit.PerMinute, Time.GetUtcNow()));
        if (free <= 0 || permit.Breaker == BreakerPermit.None)
            return [];

        var claimed = permit.Breaker == BreakerPermit.Free ? await ClaimFirstAsync(permit, ct) : [];
        if (claimed.Count == 0 && await store.HasDueAsync(key.Id, permit.IsRestricted, ct))
            claimed = await ClaimDueAsync(backEnd, permit, free, ct);
        _rate.Take(claimed.Count);
        return claimed;
    }

    /// <summary>Claims one delivery that a client waits for. It is started before any other claim can fail; the loop then returns for the rest.</summary>
    private async Task<List<ClaimedDelivery>> ClaimFirstAsync(LanePermit permit, CancellationToken ct)
    {
        while (_first.TryDequeue(out var wanted))
            if (await store.ClaimOneAsync(key.Id, wanted, permit.MarksCommit, ct) is { Count: > 0 } claimed)
                return claimed;
        return [];
    }

    private async Task<List<ClaimedDelivery>> ClaimDueAsync(BackEnd backEnd, LanePermit permit, int free, CancellationToken ct)
    {
        var restricted = permit.IsRestricted ? backEnd : null;
        if (permit.Breaker == BreakerPermit.Free)
            return await store.ClaimDueAsync(key.Id, free, permit.MarksCommit, restricted, ct);

        var claimed = await store.ClaimProbeAsync(key.Id, permit.MarksCommit, restricted, ct);
        health.InvalidateBreakers();
        return claimed;
    }

    private void Begin(ClaimedDelivery delivery, BackEnd backEnd)
    {
        // The entry is added before the task runs, so that the loop never counts too few calls and never overlooks a free slot.
        var added = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entry = delivery.LeaseToken + delivery.Id;
        _running[entry] = (delivery.Id, DeliverAsync());
        added.SetResult();

        async Task DeliverAsync()
        {
            await added.Task;
            await deliverer.DeliverAsync(delivery, backEnd);
            _running.TryRemove(entry, out _);
            Signal();
        }
    }

    /// <summary>Wakes the loop. Several signals before it runs count as one.</summary>
    private void Signal()
    {
        if (_signal.CurrentCount == 0)
            _signal.Release();
    }
}

/// <summary>The back end of a lane, and the lane's id in the database.</summary>
internal sealed record LaneKey(long Id, string Council, string BackEnd);
