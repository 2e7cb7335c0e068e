using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Retires generations: waits for their last lease, unloads them, and verifies with a weak reference that they were removed from memory. A
/// generation that cannot be unloaded is reported and delays nothing else.
/// </summary>
internal sealed class Retirement(PluginOptions options, PluginStatuses statuses, TimeProvider time)
{
    private const string NotReturned = "a call into it has not returned, so it stays in memory; restart the gateway if this lasts";

    private readonly ConcurrentDictionary<int, Unloaded> _unloaded = new();
    private long _collectedAt;

    /// <summary>The number of unloaded generations that are still in memory.</summary>
    public int StillInMemory => _unloaded.Values.Count(u => u.Context.IsAlive);

    /// <summary>Retires a generation that has been removed from its slot.</summary>
    public void Begin(PluginGeneration generation)
    {
        generation.Retire();
        var status = PluginStatus.Of(generation) with { Since = time.GetUtcNow() };
        statuses.Set(status with { State = PluginState.Draining });
        _ = EndAsync(generation, status);
    }

    /// <summary>Checks which contexts have been collected, and reports those that are overdue.</summary>
    public void Check()
    {
        var now = time.GetUtcNow();
        foreach (var (number, unloaded) in _unloaded)
        {
            if (!unloaded.Context.IsAlive)
            {
                _unloaded.TryRemove(number, out _);
                statuses.Remove(unloaded.Status.Key);
            }
            else if (unloaded.Work.Any(w => !w.IsDone))
            {
                // A thread that is still in the plug-in's code is no leak: it ends, or the operator is told that it does not.
                _unloaded[number] = unloaded with { Status = unloaded.Status with { Since = now } };
                if (now - unloaded.Begun >= options.UnloadWithin)
                    statuses.Set(unloaded.Status with { State = PluginState.Abandoned, Reason = NotReturned });
            }
            else if (now - unloaded.Status.Since >= options.UnloadWithin && statuses.Find(unloaded.Status.Key)?.State != PluginState.Leaked)
            {
                statuses.Set(unloaded.Status with
                {
                    State = PluginState.Leaked,
                    Reason = "it is still referenced and stays in memory until the gateway restarts; plugins/README.md lists the usual causes",
                });
            }
        }

        // A busy gateway collects garbage regularly; an idle one needs a forced collection, at most once per minute.
        if (_unloaded.Values.Any(u => now - u.Status.Since >= options.UnloadWithin / 30) && now.ToUnixTimeMilliseconds() - _collectedAt >= 60_000)
        {
            _collectedAt = now.ToUnixTimeMilliseconds();
            GC.Collect();
        }
    }

    private async Task EndAsync(PluginGeneration generation, PluginStatus status)
    {
        if (!await IsDrainedAsync(generation, options.Drain))
        {
            // Calls that observe their cancellation tokens end now.
            generation.SignalUnloading();
            if (!await IsDrainedAsync(generation, options.Drain))
            {
                statuses.Set(status with
                {
                    State = PluginState.Abandoned,
                    Reason = NotReturned,
                });
                await generation.Drained;
            }
        }

        // On another thread, because a blocking handler of the plug-in must not block the caller that ended the last lease.
        await Task.Run(() => Unload(generation, status));
    }

    private async Task<bool> IsDrainedAsync(PluginGeneration generation, TimeSpan within)
    {
        try
        {
            await generation.Drained.WaitAsync(within, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Unload(PluginGeneration generation, PluginStatus status)
    {
        var work = generation.Work;
        if (generation.Unload() is not { } context)
        {
            statuses.Remove(status.Key);
            return;
        }

        status = status with { State = PluginState.Unloading, Since = time.GetUtcNow() };
        _unloaded[generation.Number] = new Unloaded(context, status, status.Since, work);
        statuses.Set(status);
    }

    private sealed record Unloaded(WeakReference Context, PluginStatus Status, DateTimeOffset Begun, IReadOnlyList<WorkProgress> Work);
}
