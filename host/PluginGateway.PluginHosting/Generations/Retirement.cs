using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace PluginGateway.PluginHosting.Generations;

/// <summary>
/// Ends generations: waits for their last lease, unloads them, and proves by a weak reference that they are gone. One that cannot be
/// unloaded is reported and holds up nothing.
/// </summary>
internal sealed class Retirement(PluginOptions options, PluginStatuses statuses, TimeProvider time)
{
    private readonly ConcurrentDictionary<int, Unloaded> _unloaded = new();
    private long _collectedAt;

    /// <summary>How many generations were unloaded and are still in memory.</summary>
    public int Alive => _unloaded.Values.Count(u => u.Context.IsAlive);

    /// <summary>Retires a generation that no slot has any more.</summary>
    public void Begin(PluginGeneration generation)
    {
        generation.Retire();
        var status = PluginStatus.Of(generation) with { Since = time.GetUtcNow() };
        statuses.Set(status with { State = PluginState.Draining });
        _ = EndAsync(generation, status);
    }

    /// <summary>Looks which contexts are gone, and reports those that ought to be.</summary>
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
            else if (now - unloaded.Status.Since >= options.UnloadWithin && statuses.Find(unloaded.Status.Key)?.State != PluginState.Leaked)
            {
                statuses.Set(unloaded.Status with
                {
                    State = PluginState.Leaked,
                    Reason = "something still holds it, so that it stays in memory until the gateway is restarted; see the list of what pins a plug-in",
                });
            }
        }

        // Collections come by themselves in a gateway with work; one that idles is helped, at most once a minute.
        if (_unloaded.Values.Any(u => now - u.Status.Since >= options.UnloadWithin / 6) && now.ToUnixTimeMilliseconds() - _collectedAt >= 60_000)
        {
            _collectedAt = now.ToUnixTimeMilliseconds();
            GC.Collect();
        }
    }

    private async Task EndAsync(PluginGeneration generation, PluginStatus status)
    {
        if (!await IsDrainedAsync(generation, options.Drain))
        {
            // Calls that honour their tokens end now.
            generation.SignalUnloading();
            if (!await IsDrainedAsync(generation, options.Drain))
            {
                statuses.Set(status with { State = PluginState.Abandoned, Reason = "a call into it does not end; it is unloaded when the call does" });
                await generation.Drained;
            }
        }

        // A handler of the plug-in that blocks must not block whoever ended the last lease.
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
        if (generation.Unload() is not { } context)
        {
            statuses.Remove(status.Key);
            return;
        }

        status = status with { State = PluginState.Unloading, Since = time.GetUtcNow() };
        _unloaded[generation.Number] = new Unloaded(context, status);
        statuses.Set(status);
    }

    private sealed record Unloaded(WeakReference Context, PluginStatus Status);
}
