using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Stores when each client last asked for updates. Clients ask for a window up to the current time and store no position. A client that was stopped, or
/// could not reach the gateway, for longer than its window would otherwise never get the updates received in the meantime.
/// </summary>
internal sealed class ClientPolls(IDatabase database, IOptions<UpdatesOptions> options, TimeProvider time)
{
    /// <summary>How long before the current time a window may end and still count as a window up to the current time.</summary>
    private static readonly TimeSpan LiveTolerance = TimeSpan.FromMinutes(10);

    /// <summary>A window includes the whole second in which it ends.</summary>
    public const long Second = 1_000;

    /// <summary>How long after its return a client gets missed updates with every request, because a response may be lost.</summary>
    private static readonly TimeSpan RepeatFor = TimeSpan.FromHours(1);

    /// <summary>A window that ends this much after the current time comes from a client whose clock is ahead.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan MaxWindow = TimeSpan.FromHours(1);

    /// <summary>The state of each client and the time at which it was last saved.</summary>
    private readonly ConcurrentDictionary<(string, long), (ClientPollRow? Row, long Saved)> _known = [];

    /// <summary>The end of the latest window that this process has served, by council.</summary>
    private readonly ConcurrentDictionary<string, long> _latestEnds = new(StringComparer.Ordinal);

    /// <summary>The minimum time between two saves of a client's state. Hosts with separate clocks need to know each other's windows.</summary>
    public TimeSpan SaveEvery { get; } = database.Dialect.HasSeveralWriters ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(1);

    /// <summary>Returns the end of the latest window of a council that this process has served; 0 if there is none.</summary>
    public long LatestEnd(string council) => _latestEnds.GetValueOrDefault(council);

    /// <summary>Records that a client asks for a window.</summary>
    /// <param name="council">The council.</param>
    /// <param name="clientId">The client; 0 for a client without a key.</param>
    /// <param name="start">The beginning of its window.</param>
    /// <param name="end">The end of its window.</param>
    /// <param name="ct">Cancels before the request is recorded.</param>
    /// <returns>The time from which updates are returned: the beginning of the window, or an earlier time if the client has missed updates.</returns>
    public async Task<DateTimeOffset> RecordAsync(string council, long clientId, DateTimeOffset start, DateTimeOffset end, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        // A window that ends in the past is not part of the client's regular polling.
        if (now - end > LiveTolerance)
            return start;

        var key = (council, clientId);
        var (known, saved) = _known.TryGetValue(key, out var cached) ? cached : (await FindAsync(council, clientId, ct), 0);
        var served = EndOf(clientId, known, end, now).ToUnixTimeMilliseconds() + Second;
        _latestEnds.AddOrUpdate(council, served, (_, latest) => Math.Max(latest, served));
        var next = Next(known, start, now) with { ServedUntil = Math.Max(served, known?.ServedUntil ?? 0) };
        var nowMs = now.ToUnixTimeMilliseconds();
        var isDue = known is null || next.GapAt != known.GapAt || nowMs - saved >= SaveEvery.Ms() || nowMs < saved;
        if (isDue)
            await SaveAsync(council, clientId, next, ct);
        _known[key] = (next, isDue ? nowMs : saved);
        var missed = next.GapFrom > 0 && (next.Polled - next.GapAt <= RepeatFor.Ms() || next.Polled == next.GapAt) ? UnixTime.At(next.GapFrom) : start;
        return missed < start ? missed : start;
    }

    /// <summary>
    /// Returns the time at which the client's next window is expected to begin. If a client with a key has been served a window that ends in the future, and
    /// now asks for one that ends within an hour after it, this host's clock was set back. Any other window in the future is a mistake of the client.
    /// </summary>
    private static DateTimeOffset EndOf(long clientId, ClientPollRow? known, DateTimeOffset end, DateTimeOffset now)
    {
        if (end <= now)
            return end;
        if (clientId == 0)
            return now;
        if (end - now <= ClockTolerance)
            return end;
        // The client's windows in between may have been served by another host, so they need not be adjacent.
        var previous = UnixTime.At((known?.ServedUntil ?? 0) - Second);
        return previous > now && end - previous <= MaxWindow ? end : now;
    }

    /// <summary>
    /// Returns the new state of the client. A gap is closed after its updates have been served for an hour. A second gap within that time extends the
    /// first one.
    /// </summary>
    private ClientPollRow Next(ClientPollRow? known, DateTimeOffset start, DateTimeOffset now)
    {
        var polled = now.ToUnixTimeMilliseconds();
        if (known is null)
            return new ClientPollRow { Polled = polled };
        // If the window starts in the future, this host's clock is behind, so it cannot tell whether the client has missed anything.
        if (start > now)
            return known;
        if (UnixTime.At(known.Polled) < start)
        {
            var from = Math.Max(known.Polled - LiveTolerance.Ms(), polled - options.Value.CatchUp.Ms());
            return new ClientPollRow
            {
                Polled = polled,
                GapFrom = known.GapFrom > 0 ? Math.Max(Math.Min(known.GapFrom, from), polled - options.Value.CatchUp.Ms()) : from,
                GapAt = polled,
            };
        }

        return known.GapFrom > 0 && polled - known.GapAt > RepeatFor.Ms() ? new ClientPollRow { Polled = polled } : known with { Polled = polled };
    }

    private Task<ClientPollRow?> FindAsync(string council, long clientId, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<ClientPollRow>(
            """
            SELECT polled AS Polled, gap_from AS GapFrom, gap_at AS GapAt, served_until AS ServedUntil
            FROM client_poll WHERE council = @council AND client_id = @clientId
            """,
            new { council, clientId }), ct);

    private Task SaveAsync(string council, long clientId, ClientPollRow poll, CancellationToken ct) => database.WriteAsync(
        async db => await db.ExecuteAsync(
                """
                UPDATE client_poll SET polled = @Polled, gap_from = @GapFrom, gap_at = @GapAt, served_until = @ServedUntil
                WHERE council = @council AND client_id = @clientId
                """,
                new { council, clientId, poll.Polled, poll.GapFrom, poll.GapAt, poll.ServedUntil }) > 0
            ? 0
            : await db.ExecuteAsync(
                """
                INSERT INTO client_poll (council, client_id, polled, gap_from, gap_at, served_until)
                VALUES (@council, @clientId, @Polled, @GapFrom, @GapAt, @ServedUntil)
                """,
                new { council, clientId, poll.Polled, poll.GapFrom, poll.GapAt, poll.ServedUntil }),
        ct);

    private sealed record ClientPollRow
    {
        public long Polled { get; init; }

        public long GapFrom { get; init; }

        public long GapAt { get; init; }

        /// <summary>The end of the latest window, by the client's clock.</summary>
        public long ServedUntil { get; init; }
    }
}
