using System.Collections.Concurrent;

namespace PluginGateway.Core.Sending;

/// <summary>The loop of one back end: claims as many due deliveries as there are free places, and starts them.</summary>
internal sealed class Lane(long id, string council, string backEndName, LaneWork work)
{
    private readonly ConcurrentQueue<long> _first = new();
    /// <summary>By lease: a delivery that is claimed again while its last try is just ending is another entry.</summary>
    private readonly ConcurrentDictionary<string, (long Delivery, Task Work)> _running = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Lock _starting = new();
    private Task? _loop;

    /// <summary>Completes when the loop has stopped and nothing is in flight.</summary>
    public Task Ended => _loop ?? Task.CompletedTask;

    /// <summary>The deliveries that are being worked on.</summary>
    public IEnumerable<long> Running => _running.Values.Select(r => r.Delivery);

    public void Start(CancellationToken stopping)
    {
        lock (_starting)
            _loop ??= Task.Run(() => RunAsync(stopping), CancellationToken.None);
    }

    public void Wake(long? first)
    {
        if (first is { } delivery)
            _first.Enqueue(delivery);
        Signal();
    }

    private async Task RunAsync(CancellationToken stopping)
    {
        using var poll = work.Poll(Signal);
        while (!stopping.IsCancellationRequested)
        {
            var more = false;
            try
            {
                more = await ClaimAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
#pragma warning disable CA1031 // The dispatcher's loop: a database that is away for a moment must not end a lane.
            catch (Exception e)
            {
                work.ClaimFailed(council, backEndName, e);
            }
#pragma warning restore CA1031

            if (!more)
                await _signal.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_running.Values.Select(r => r.Work));
    }

    /// <returns>Whether there may be more to claim at once.</returns>
    private async Task<bool> ClaimAsync(CancellationToken ct)
    {
        var backEnd = work.Find(council, backEndName);
        if (backEnd is null || work.CannotSend(backEnd))
            return false;

        var free = work.Places(backEnd) - _running.Count;
        return free > 0 && Start(await work.ClaimAsync(backEnd, id, free, _first, ct), backEnd) > 0;
    }

    private int Start(List<ClaimedDelivery> claimed, Councils.BackEnd backEnd)
    {
        foreach (var delivery in claimed)
        {
            // Entered before it runs, so that the loop never counts too few and never waits for a place that is free.
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _running[delivery.LeaseToken + delivery.Id] = (delivery.Id, Deliver(go.Task, delivery, backEnd));
            go.SetResult();
        }

        return claimed.Count;

        async Task Deliver(Task started, ClaimedDelivery delivery, Councils.BackEnd to)
        {
            await started;
            await work.DeliverAsync(delivery, to);
            _running.TryRemove(delivery.LeaseToken + delivery.Id, out _);
            Signal();
        }
    }

    /// <summary>Many signals before the loop looks are one.</summary>
    private void Signal()
    {
        if (_signal.CurrentCount == 0)
            _signal.Release();
    }
}
