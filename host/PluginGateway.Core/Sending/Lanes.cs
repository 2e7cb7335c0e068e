using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Manages the lanes. Each back end has a separate lane, so that a back end that hangs delays only its own reports.</summary>
internal sealed class Lanes(
    IDatabase database, CouncilDirectory councils, LaneHealth health, DeliveryStore store, Deliverer deliverer, IOptions<SendingOptions> options,
    TimeProvider time, ILogger<Lanes> log)
{
    private readonly ConcurrentDictionary<string, long> _ids = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Returns the id of a back end's lane in the database. The lane is added on first use and never removed.</summary>
    public async ValueTask<long> IdAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (_ids.TryGetValue(backEnd.Key, out var known))
            return known;

        return _ids[backEnd.Key] = await database.WriteAsync(db => IdAsync(db, backEnd), ct);
    }

    /// <summary>Returns the id of a back end's lane, within the caller's transaction.</summary>
    public static async Task<long> IdAsync(DbSession db, BackEnd backEnd)
    {
        await db.ExecuteAsync(
            """
            INSERT INTO lane (council, backend) SELECT @Council, @Name
            WHERE NOT EXISTS (SELECT 1 FROM lane WHERE council = @Council AND backend = @Name)
            """,
            new { backEnd.Council, backEnd.Name });
        return await db.ScalarAsync<long>("SELECT id FROM lane WHERE council = @Council AND backend = @Name", new { backEnd.Council, backEnd.Name });
    }

    /// <summary>Returns the destinations of copies.</summary>
    public async Task<IReadOnlyList<CopyDestination>> CopiesAsync(IReadOnlyList<Copy> copies, CancellationToken ct)
    {
        var destinations = new List<CopyDestination>(copies.Count);
        foreach (var copy in copies)
            destinations.Add(Destination(copy, await IdAsync(copy.To, ct)));
        return destinations;
    }

    /// <summary>Returns the destination of a copy, within the caller's transaction.</summary>
    public static async Task<CopyDestination> DestinationAsync(DbSession db, Copy copy) => Destination(copy, await IdAsync(db, copy.To));

    /// <summary>
    /// Wakes a lane because a delivery is due. A delivery that a client waits for goes first. A lane without a plug-in is not woken; it polls.
    /// </summary>
    public async ValueTask WakeAsync(BackEnd backEnd, long? first, CancellationToken ct)
    {
        var lane = await EnsureAsync(backEnd, ct);
        if (health.HasPlugin(backEnd))
            lane.Wake(first);
    }

    /// <summary>Starts the lane of a back end if it is not running yet.</summary>
    public async ValueTask<Lane> EnsureAsync(BackEnd backEnd, CancellationToken ct)
    {
        if (_lanes.TryGetValue(backEnd.Key, out var lane))
            return lane;

        var key = new LaneKey(await IdAsync(backEnd, ct), backEnd.Council, backEnd.Name);
        lane = _lanes.GetOrAdd(backEnd.Key, _ => new Lane(key, councils, health, store, deliverer, options.Value.Poll, time, log));
        lane.Start(_stopping.Token);
        return lane;
    }

    /// <summary>Returns the deliveries in progress.</summary>
    public IReadOnlyList<long> Running() => [.. _lanes.Values.SelectMany(l => l.Running)];

    /// <summary>Stops claiming and waits for the calls in flight, without cancelling them.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_lanes.Values.Select(l => l.StopAsync(CancellationToken.None))).WaitAsync(drain, time);
        }
        catch (TimeoutException)
        {
            // The next startup recovers the deliveries of the calls that are still in flight, whose outcome is unknown.
        }
    }

    private static CopyDestination Destination(Copy copy, long laneId) => new(copy.To.Name, laneId, copy.At == CopyTime.Sent);
}
