using Microsoft.Extensions.Options;

namespace PluginGateway.Core.Clients;

/// <summary>
/// Limits how many large bodies are received at the same time, from each address and altogether, because each occupies disk space until it has been
/// processed. A body that exceeds the limit is not read until another one is done.
/// </summary>
internal sealed class BodySlots(IOptions<LimitsOptions> options, TimeProvider time)
{
    /// <summary>The length up to which a body is kept in memory and needs no slot.</summary>
    public const int SmallBytes = 64 << 10;

    /// <summary>The maximum time to wait for a slot.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(10);

    private const int MaxWaiting = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, int> _taken = [];
    private readonly LinkedList<Waiter> _waiting = [];
    private int _total;

    /// <summary>Takes a slot for a body.</summary>
    /// <returns>The slot, which must be disposed; null if none became free in time.</returns>
    public async ValueTask<IDisposable?> TakeAsync(UInt128 address, CancellationToken ct)
    {
        LinkedListNode<Waiter> waiter;
        lock (_lock)
        {
            if (TryTake(address))
                return new Slot(this, address);
            if (_waiting.Count >= MaxWaiting)
                return null;
            waiter = _waiting.AddLast(new Waiter(address));
        }

        try
        {
            return await waiter.Value.Slot.Task.WaitAsync(MaxWait, time, ct);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            lock (_lock)
                if (waiter.List is not null)
                    _waiting.Remove(waiter);
            // The slot may have become free in the meantime.
            if (waiter.Value.Slot.Task.IsCompleted)
                (await waiter.Value.Slot.Task).Dispose();
            if (e is OperationCanceledException)
                throw;
            return null;
        }
    }

    private bool TryTake(UInt128 address)
    {
        var (perAddress, all) = (options.Value.LargeBodiesPerAddress, options.Value.LargeBodies);
        var taken = _taken.GetValueOrDefault(address);
        if ((perAddress > 0 && taken >= perAddress) || (all > 0 && _total >= all))
            return false;

        _taken[address] = taken + 1;
        _total++;
        return true;
    }

    private void Release(UInt128 address)
    {
        lock (_lock)
        {
            _total--;
            if (--_taken[address] == 0)
                _taken.Remove(address);
            for (var waiter = _waiting.First; waiter is not null; waiter = waiter.Next)
                if (TryTake(waiter.Value.Address))
                {
                    _waiting.Remove(waiter);
                    waiter.Value.Slot.SetResult(new Slot(this, waiter.Value.Address));
                    return;
                }
        }
    }

    private sealed class Slot(BodySlots slots, UInt128 address) : IDisposable
    {
        private int _isReleased;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReleased, 1) == 0)
                slots.Release(address);
        }
    }

    private sealed class Waiter(UInt128 address)
    {
        public UInt128 Address => address;

        public TaskCompletionSource<Slot> Slot { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
