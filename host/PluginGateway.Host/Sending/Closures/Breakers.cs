using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Host.Storage;

namespace PluginGateway.Host.Sending.Closures;

/// <summary>
/// The breakers of all lanes. Each process counts its own calls; that a breaker is open stands in the database, so that every host stops and
/// one probe goes out for all of them.
/// </summary>
internal sealed class Breakers(IDatabase database, IOptions<SendingOptions> options, TimeProvider time, ILogger<Breakers> log)
{
    private readonly ConcurrentDictionary<long, CallWindow> _windows = new();
    private readonly ConcurrentDictionary<long, DateTimeOffset> _slow = new();

    private volatile Loaded _loaded = new(new Dictionary<long, long>(), DateTimeOffset.MinValue);

    /// <summary>Whether a lane may claim: freely, one for a probe, or not now.</summary>
    public async ValueTask<BreakerPermit> PermitAsync(long laneId, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (_slow.TryGetValue(laneId, out var until) && now < until)
            return BreakerPermit.None;
        if (now - _loaded.At > options.Value.Fresh || now < _loaded.At)
            Load(await OpenAsync(ct), now);
        if (!_loaded.NextProbe.TryGetValue(laneId, out var nextProbe))
            return BreakerPermit.Free;
        return nextProbe <= now.ToUnixTimeMilliseconds() ? BreakerPermit.Probe : BreakerPermit.None;
    }

    /// <summary>Whether a lane's breaker is open, as far as this process knows.</summary>
    public bool IsOpen(long laneId) => _loaded.NextProbe.ContainsKey(laneId);

    /// <summary>The back end answered, whatever it said.</summary>
    public async Task AnsweredAsync(long laneId, string backEnd, CancellationToken ct)
    {
        Window(laneId).Add(time.GetUtcNow(), failed: false);
        if (!IsOpen(laneId))
            return;

        var closed = await database.WriteAsync(
            db => db.ExecuteAsync("UPDATE lane SET breaker = 0, breaker_since = @now, breaker_probes = 0, breaker_cause = '', next_probe = 0 WHERE id = @laneId AND breaker = 1", new { laneId, now = time.NowMs() }), ct);
        Forget();
        Window(laneId).Clear();
        if (closed > 0)
            log.BreakerClosed(backEnd);
    }

    /// <summary>The back end did not answer, or with a failure of its own.</summary>
    public async Task FailedAsync(long laneId, string backEnd, string cause, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (!Window(laneId).Add(now, failed: true))
            return;

        var next = now + options.Value.BreakerWait(0);
        var opened = await database.WriteAsync(
            db => db.ExecuteAsync(
                """
                UPDATE lane SET breaker = 1, breaker_since = @now, breaker_probes = 0, breaker_cause = @cause, next_probe = @next WHERE id = @laneId AND breaker = 0
                """,
                new { laneId, now = now.ToUnixTimeMilliseconds(), cause, next = next.ToUnixTimeMilliseconds() }),
            ct);
        Forget();
        if (opened > 0)
            log.BreakerOpened(backEnd, cause, next);
    }

    /// <summary>The back end asked for fewer calls.</summary>
    public void SlowDown(long laneId, TimeSpan? after) => _slow[laneId] = time.GetUtcNow() + (after is { } asked ? (asked < DeliveryRules.LongestRetryAfter ? asked : DeliveryRules.LongestRetryAfter) : options.Value.SlowDown);

    private void Load(Dictionary<long, long> open, DateTimeOffset now)
    {
        // Another host closed it: the failures that this one saw before that are over too.
        foreach (var laneId in _loaded.NextProbe.Keys.Where(id => !open.ContainsKey(id)))
            Window(laneId).Clear();
        _loaded = new Loaded(open, now);
    }

    private CallWindow Window(long laneId) => _windows.GetOrAdd(laneId, _ => new CallWindow());

    /// <summary>What is known is old: it was just changed.</summary>
    public void Forget() => _loaded = _loaded with { At = DateTimeOffset.MinValue };

    private async Task<Dictionary<long, long>> OpenAsync(CancellationToken ct) =>
        (await database.ReadAsync(db => db.ListAsync<OpenRow>("SELECT id AS Id, next_probe AS NextProbe FROM lane WHERE breaker = 1"), ct)).ToDictionary(r => r.Id, r => r.NextProbe);

    private sealed record Loaded(IReadOnlyDictionary<long, long> NextProbe, DateTimeOffset At);

    private sealed class OpenRow
    {
        public long Id { get; init; }

        public long NextProbe { get; init; }
    }
}

internal enum BreakerPermit
{
    Free,
    Probe,
    None,
}
