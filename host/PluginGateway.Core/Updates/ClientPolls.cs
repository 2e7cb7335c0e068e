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

    /// <summary>How long after its return a client gets missed updates with every request, because a response may be lost.</summary>
    private static readonly TimeSpan RepeatFor = TimeSpan.FromHours(1);

    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    /// <summary>The state of each client and the time at which it was last saved. It is saved at most once per minute.</summary>
    private readonly ConcurrentDictionary<(string, long), (ClientPollRow? Row, long Saved)> _known = [];

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
        // A window that ends in the past, or starts in the future, is not part of the client's regular polling.
        if (now - end > LiveTolerance || start > now)
            return start;

        var key = (council, clientId);
        var (known, saved) = _known.TryGetValue(key, out var cached) ? cached : (await FindAsync(council, clientId, ct), 0);
        var next = Next(known, start, now);
        var isDue = known is null || next.GapAt != known.GapAt || next.Polled - saved >= SaveEvery.Ms();
        if (isDue)
            await SaveAsync(council, clientId, next, ct);
        _known[key] = (next, isDue ? next.Polled : saved);

        var missed = next.GapFrom > 0 && (next.Polled - next.GapAt <= RepeatFor.Ms() || next.Polled == next.GapAt) ? UnixTime.At(next.GapFrom) : start;
        return missed < start ? missed : start;
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
            "SELECT polled AS Polled, gap_from AS GapFrom, gap_at AS GapAt FROM client_poll WHERE council = @council AND client_id = @clientId",
            new { council, clientId }), ct);

    private Task SaveAsync(string council, long clientId, ClientPollRow poll, CancellationToken ct) => database.WriteAsync(
        async db => await db.ExecuteAsync(
                "UPDATE client_poll SET polled = @Polled, gap_from = @GapFrom, gap_at = @GapAt WHERE council = @council AND client_id = @clientId",
                new { council, clientId, poll.Polled, poll.GapFrom, poll.GapAt }) > 0
            ? 0
            : await db.ExecuteAsync(
                "INSERT INTO client_poll (council, client_id, polled, gap_from, gap_at) VALUES (@council, @clientId, @Polled, @GapFrom, @GapAt)",
                new { council, clientId, poll.Polled, poll.GapFrom, poll.GapAt }),
        ct);

    private sealed record ClientPollRow
    {
        public long Polled { get; init; }

        public long GapFrom { get; init; }

        public long GapAt { get; init; }
    }
}
