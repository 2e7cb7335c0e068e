using System.Collections.Concurrent;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>
/// The loop of one back end: claims as many due deliveries as it may have calls in flight, and delivers each in a task of its own. It runs when
/// it is woken, when a delivery ends, and after each <paramref name="poll"/>.
/// </summary>
internal sealed class Lane(
    LaneKey key, CouncilDirectory councils, LaneHealth health, DeliveryStore store, Deliverer deliverer, TimeSpan poll, TimeProvider time, ILogger log)
    : PeriodicWork(time, log)
{
    private readonly ConcurrentQueue<long> _first = new();

    /// <summary>By lease: a delivery that is claimed again while its last attempt is just ending is a separate entry.</summary>
    private readonly ConcurrentDictionary<string, (long Delivery, Task Work)> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0);
    private readonly LaneRate _rate = new();
    private ITimer? _poll;
    private int _started;

    /// <summary>The deliveries that are being worked on.</summary>
    public IEnumerable<long> Running => _running.Values.Select(r => r.Delivery);

    protected override string Purpose => $"Claiming for {key.Council}/{key.BackEnd}";

    protected override bool RunsAtOnce => true;

    /// <summary>Starts the loop, once.</summary>
    /// <param name="stopping">Ends the loop; if it is already canceled, the loop ends at once.</param>
    public void Start(CancellationToken stopping)
    {
        if (Interlocked.Exchange(ref _started, 1) != 0)
            return;

        _poll = Time.CreateTimer(_ => Signal(), null, poll, poll);
        _ = StartedAsync(stopping);
    }

    /// <summary>Something is due; a delivery that a client waits for goes first.</summary>
    public void Wake(long? first)
    {
        if (first is { } delivery)
            _first.Enqueue(delivery);
        Signal();
    }

    /// <summary>Stops claiming and waits for the calls in flight; none is cancelled.</summary>
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

    /// <returns>Whether there may be more to claim at once.</returns>
    private async Task<bool> ClaimAsync(CancellationToken ct)
    {
        // While the plug-in is missing or its settings are wrong nothing is claimed, so that nothing counts as a failure.
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
    /// Claims what may go now: at most <paramref name="free"/>, as the lane's rate, its breaker and its suspensions allow. Deliveries that a client
    /// waits for go first.
    /// </summary>
    private async Task<List<ClaimedDelivery>> ClaimAsync(BackEnd backEnd, int free, CancellationToken ct)
    {
        var permit = await health.PermitAsync(key.Id, backEnd, ct);
        if (permit.IsRestricted)
            // Their clients were told not to wait.
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

    /// <summary>One that a client waits for: it is begun before anything else can go wrong, and the loop comes back for the rest.</summary>
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
        // Entered before it runs, so that the loop never counts too few and never waits for a place that is free.
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entry = delivery.LeaseToken + delivery.Id;
        _running[entry] = (delivery.Id, DeliverAsync());
        entered.SetResult();

        async Task DeliverAsync()
        {
            await entered.Task;
            await deliverer.DeliverAsync(delivery, backEnd);
            _running.TryRemove(entry, out _);
            Signal();
        }
    }

    /// <summary>Several signals before the loop wakes count as one.</summary>
    private void Signal()
    {
        if (_signal.CurrentCount == 0)
            _signal.Release();
    }
}

/// <summary>Which back end a lane is for, and its id in the database.</summary>
internal sealed record LaneKey(long Id, string Council, string BackEnd);
