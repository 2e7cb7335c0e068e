using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Updates;

/// <summary>
/// Remembers how far each client has asked. Clients ask for a window up to now and keep no place of their own: one that was away for longer
/// than its window, or could not reach the gateway, would never hear of what was learned meanwhile.
/// </summary>
internal sealed class ClientPolls(IDatabase database, IOptions<UpdatesOptions> options, TimeProvider time)
{
    /// <summary>How far before now a window may end and still be taken for one up to now.</summary>
    private static readonly TimeSpan Live = TimeSpan.FromMinutes(10);

    /// <summary>How long after it came back a client is told what it missed, with every window: an answer may get lost.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromHours(1);

    private static readonly TimeSpan SaveEvery = TimeSpan.FromMinutes(1);

    /// <summary>How far each client is, and when that was saved last: once a minute is often enough.</summary>
    private readonly ConcurrentDictionary<(string, long), (ClientPollRow? Row, long Saved)> _known = [];

    /// <summary>Notes that a client asks for a window.</summary>
    /// <param name="council">Of which council.</param>
    /// <param name="clientId">The client; 0 for one without a key.</param>
    /// <param name="start">The beginning of its window.</param>
    /// <param name="end">The end of its window.</param>
    /// <param name="ct">Cancels before anything was noted.</param>
    /// <returns>From when on it is to be told; its window's beginning, or before that, when it missed something.</returns>
    public async Task<DateTimeOffset> RecordAsync(string council, long clientId, DateTimeOffset start, DateTimeOffset end, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        // A look into the past, or into the future, says nothing about how far a client has come.
        if (now - end > Live || start > now)
            return start;

        var key = (council, clientId);
        var (known, saved) = _known.TryGetValue(key, out var remembered) ? remembered : (await FindAsync(council, clientId, ct), 0);
        var next = Next(known, start, now);
        var isDue = known is null || next.GapAt != known.GapAt || next.Polled - saved >= SaveEvery.Ms();
        if (isDue)
            await SaveAsync(council, clientId, next, ct);
        _known[key] = (next, isDue ? next.Polled : saved);

        var missed = next.GapFrom > 0 && (next.Polled - next.GapAt <= Again.Ms() || next.Polled == next.GapAt) ? UnixTime.At(next.GapFrom) : start;
        return missed < start ? missed : start;
    }

    /// <summary>Where the client is now. A gap that was told for an hour is behind it; one that was told once, and then came another, is not.</summary>
    private ClientPollRow Next(ClientPollRow? known, DateTimeOffset start, DateTimeOffset now)
    {
        var asked = now.ToUnixTimeMilliseconds();
        if (known is null)
            return new ClientPollRow { Polled = asked };
        if (UnixTime.At(known.Polled) < start)
        {
            var from = Math.Max(known.Polled - Live.Ms(), asked - options.Value.CatchUp.Ms());
            return new ClientPollRow
            {
                Polled = asked,
                GapFrom = known.GapFrom > 0 ? Math.Max(Math.Min(known.GapFrom, from), asked - options.Value.CatchUp.Ms()) : from,
                GapAt = asked,
            };
        }

        return known.GapFrom > 0 && asked - known.GapAt > Again.Ms() ? new ClientPollRow { Polled = asked } : known with { Polled = asked };
    }

    private Task<ClientPollRow?> FindAsync(string council, long clientId, CancellationToken ct) => database.ReadAsync(
        db => db.FirstAsync<ClientPollRow>(
            "SELECT polled AS Polled, gap_from AS GapFrom, gap_at AS GapAt FROM client_poll WHERE council = @council AND client_id = @clientId",
            new { council, clientId }), ct);

    private Task SaveAsync(string council, long clientId, ClientPollRow ask, CancellationToken ct) => database.WriteAsync(
        async db => await db.ExecuteAsync(
                "UPDATE client_poll SET polled = @Polled, gap_from = @GapFrom, gap_at = @GapAt WHERE council = @council AND client_id = @clientId",
                new { council, clientId, ask.Polled, ask.GapFrom, ask.GapAt }) > 0
            ? 0
            : await db.ExecuteAsync(
                "INSERT INTO client_poll (council, client_id, polled, gap_from, gap_at) VALUES (@council, @clientId, @Polled, @GapFrom, @GapAt)",
                new { council, clientId, ask.Polled, ask.GapFrom, ask.GapAt }),
        ct);

    private sealed record ClientPollRow
    {
        public long Polled { get; init; }

        public long GapFrom { get; init; }

        public long GapAt { get; init; }
    }
}
