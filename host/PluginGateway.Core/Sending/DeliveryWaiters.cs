using System.Collections.Concurrent;

namespace PluginGateway.Core.Sending;

/// <summary>Lets a request wait for the delivery of its report. It only signals; the result is read from the database.</summary>
internal sealed class DeliveryWaiters
{
    private readonly ConcurrentDictionary<long, Waiting> _waiting = new();
    private volatile bool _ended;

    /// <summary>Starts waiting for a delivery. Dispose the result to stop.</summary>
    public Waiter Begin(long deliveryId)
    {
        while (true)
        {
            var waiting = _waiting.GetOrAdd(deliveryId, static _ => new Waiting());
            lock (waiting)
            {
                if (waiting.Ended)
                    continue;
                waiting.Count++;
                if (_ended)
                    waiting.Recorded.TrySetResult();
                return new Waiter(this, deliveryId, waiting);
            }
        }
    }

    /// <summary>Ends all waits, now and later, because the gateway is stopping.</summary>
    public void EndAll()
    {
        _ended = true;
        foreach (var waiting in _waiting.Values)
            waiting.Recorded.TrySetResult();
    }

    /// <summary>Signals that an attempt at the delivery has been recorded.</summary>
    public void Signal(long deliveryId)
    {
        if (_waiting.TryGetValue(deliveryId, out var waiting))
            waiting.Recorded.TrySetResult();
    }

    internal sealed class Waiting
    {
        public TaskCompletionSource Recorded { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Count { get; set; }

        public bool Ended { get; set; }
    }

    internal sealed class Waiter(DeliveryWaiters owner, long deliveryId, Waiting waiting) : IDisposable
    {
        /// <summary>Completes when an attempt has been recorded, or the gateway is stopping.</summary>
        public Task Recorded => waiting.Recorded.Task;

        public void Dispose()
        {
            lock (waiting)
            {
                if (--waiting.Count > 0 || waiting.Ended)
                    return;
                waiting.Ended = true;
                owner._waiting.TryRemove(deliveryId, out _);
            }
        }
    }
}
