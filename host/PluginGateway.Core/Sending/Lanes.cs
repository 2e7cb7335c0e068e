using System.Collections.Concurrent;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Sending;

/// <summary>
/// The lanes of this process: one for each back end, each with a loop, a limit and a signal of its own, so that a back end that hangs
/// delays nobody else's reports.
/// </summary>
internal sealed class Lanes(LaneIds ids, LaneWork work)
{
    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Something is due in a lane; a delivery that somebody waits for goes first. A lane without a plug-in looks for itself, every so often.</summary>
    public async ValueTask WakeAsync(BackEnd backEnd, long? first, CancellationToken ct)
    {
        var lane = await EnsureAsync(backEnd, ct);
        if (work.HasPlugin(backEnd))
            lane.Wake(first);
    }

    /// <summary>Starts the lane of a back end, if it does not run yet.</summary>
    public async ValueTask<Lane> EnsureAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (_lanes.TryGetValue(backEnd.Key, out var lane))
            return lane;

        var id = await ids.OfAsync(backEnd, ct);
        lane = _lanes.GetOrAdd(backEnd.Key, _ => new Lane(id, backEnd.Council, backEnd.Name, work));
        lane.Start(_stopping.Token);
        return lane;
    }

    /// <summary>The deliveries that are being worked on.</summary>
    public IReadOnlyList<long> Running() => [.. _lanes.Values.SelectMany(l => l.Running)];

    /// <summary>Stops claiming and waits for the calls in flight; none is cancelled.</summary>
    public async Task StopAsync(TimeSpan drain, TimeProvider time)
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_lanes.Values.Select(l => l.Ended)).WaitAsync(drain, time);
        }
        catch (TimeoutException)
        {
            // What is still out is found by the next start: its node is gone and its outcome not known.
        }
    }
}
