using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>
/// Manages the circuit breakers of all lanes. Each process counts its own calls. The database stores which breakers are open, so that every host stops
/// sending and one probe is sent for all of them. It also stores until when a back end has asked to receive no calls.
/// </summary>
internal sealed class Breakers(IDatabase database, IOptions<SendingOptions> options, TimeProvider time, ILogger<Breakers> log)
{
    private readonly ConcurrentDictionary<long, CallWindow> _windows = new();

    private volatile Loaded _loaded = new(new Dictionary<long, LaneRow>(), DateTimeOffset.MinValue);

    /// <summary>Returns whether a lane may claim freely, may claim one delivery as a probe, or must not claim.</summary>
    public async ValueTask<BreakerPermit> PermitAsync(long laneId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (now - _loaded.At > options.Value.CacheFor || now < _loaded.At)
            Load(await RestrictedAsync(ct), now);
        if (!_loaded.Restricted.TryGetValue(laneId, out var lane))
            return BreakerPermit.Free;
        if (lane.SlowUntil > now.ToUnixTimeMilliseconds())
            return BreakerPermit.None;
        if (!lane.IsOpen)
            return BreakerPermit.Free;
        return lane.NextProbe <= now.ToUnixTimeMilliseconds() ? BreakerPermit.Probe : BreakerPermit.None;
    }

    /// <summary>Whether a lane's breaker is open, according to the cache of this process.</summary>
    public bool IsOpen(long laneId) => _loaded.Restricted.TryGetValue(laneId, out var lane) && lane.IsOpen;

    /// <summary>Records that the back end responded, regardless of the response.</summary>
    public async Task AnsweredAsync(long laneId, string backEnd, CancellationToken ct)
    {
        Window(laneId).Add(time.GetUtcNow(), failed: false);
        if (!IsOpen(laneId))
            return;

        var closed = await database.WriteAsync(
            db => db.ExecuteAsync(
                "UPDATE lane SET breaker = 0, breaker_since = @now, breaker_probes = 0, breaker_cause = '', next_probe = 0 WHERE id = @laneId AND breaker = 1",
                new { laneId, now = time.NowMs() }), ct);
        Invalidate();
        Window(laneId).Clear();
        if (closed > 0)
            log.BreakerClosed(backEnd);
    }

    /// <summary>Records that the back end did not respond, or that it failed.</summary>
    public async Task FailedAsync(long laneId, string backEnd, string cause, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (!Window(laneId).Add(now, failed: true))
            return;

        var next = now + options.Value.BreakerWait(0);
        var opened = await database.WriteAsync(
            db => db.ExecuteAsync(
                """
                UPDATE lane SET breaker = 1, breaker_since = @now, breaker_probes = 0, breaker_cause = @cause, next_probe = @next
                WHERE id = @laneId AND breaker = 0
                """,
                new { laneId, now = now.ToUnixTimeMilliseconds(), cause, next = next.ToUnixTimeMilliseconds() }),
            ct);
        Invalidate();
        if (opened > 0)
            log.BreakerOpened(backEnd, cause, next);
    }

    /// <summary>Stops the calls of all hosts for a while, because the back end asked for fewer calls.</summary>
    public async Task SlowDownAsync(long laneId, TimeSpan? after, CancellationToken ct)
    {
        var wait = after ?? options.Value.SlowDown;
        var until = time.NowMs() + (wait < DeliveryRules.MaxRetryAfter ? wait : DeliveryRules.MaxRetryAfter).Ms();
        await database.WriteWithRetryAsync(
            db => db.ExecuteAsync("UPDATE lane SET slow_until = @until WHERE id = @laneId AND slow_until < @until", new { laneId, until }), ct);
        Invalidate();
    }

    private void Load(Dictionary<long, LaneRow> restricted, DateTimeOffset now)
    {
        // Another host closed the breaker: the failures that this host counted before no longer matter.
        foreach (var lane in _loaded.Restricted.Values.Where(l => l.IsOpen && restricted.GetValueOrDefault(l.Id)?.IsOpen != true))
            Window(lane.Id).Clear();
        _loaded = new Loaded(restricted, now);
    }

    private CallWindow Window(long laneId) => _windows.GetOrAdd(laneId, _ => new CallWindow());

    /// <summary>Invalidates the cache after a change.</summary>
    public void Invalidate() => _loaded = _loaded with { At = DateTimeOffset.MinValue };

    private async Task<Dictionary<long, LaneRow>> RestrictedAsync(CancellationToken ct) => (await database.ReadAsync(
        db => db.ListAsync<LaneRow>(
            "SELECT id AS Id, breaker AS IsOpen, next_probe AS NextProbe, slow_until AS SlowUntil FROM lane WHERE breaker = 1 OR slow_until > @now",
            new { now = time.NowMs() }),
        ct)).ToDictionary(r => r.Id);

    private sealed record Loaded(IReadOnlyDictionary<long, LaneRow> Restricted, DateTimeOffset At);

    private sealed class LaneRow
    {
        public long Id { get; init; }

        public bool IsOpen { get; init; }

        public long NextProbe { get; init; }

        public long SlowUntil { get; init; }
    }
}

internal enum BreakerPermit
{
    Free,
    Probe,
    None,
}
