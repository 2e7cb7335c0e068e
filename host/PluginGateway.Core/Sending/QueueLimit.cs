using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Limits how many deliveries of a council wait to be sent, so that a client that sends without end cannot fill the disk. They are counted every few seconds
/// while reports arrive, so the limit can be exceeded by what arrives in between.
/// </summary>
internal sealed class QueueLimit(IDatabase database, IOptions<LimitsOptions> options, TimeProvider time)
{
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, State> _councils = new(StringComparer.Ordinal);

    /// <summary>Whether no more reports and updates of a council are accepted for now.</summary>
    public async ValueTask<bool> IsFullAsync(Council council, CancellationToken ct)
    {
        var max = options.Value.WaitingPerCouncil;
        if (max == 0)
            return false;

        var state = _councils.GetOrAdd(council.JurisdictionId, static _ => new State());
        var now = time.GetUtcNow();
        // The first caller counts; all others use the previous result meanwhile.
        if (!state.TryBegin(now, CountEvery))
            return state.IsFull;

        try
        {
            return state.IsFull = await CountAsync(council.JurisdictionId, ct) >= max;
        }
        catch
        {
            state.Again();
            throw;
        }
    }

    /// <summary>Counts the deliveries with the two indexes that contain only waiting ones.</summary>
    private Task<long> CountAsync(string council, CancellationToken ct) => database.ReadAsync(
        db => db.ScalarAsync<long>(
            $"""
            SELECT SUM(w.waiting) FROM (
                SELECT COUNT(*) AS waiting FROM lane l JOIN delivery d ON d.lane_id = l.id
                    AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent} AND d.hold = {Holds.None}
                    WHERE l.council = @council
                UNION ALL
                SELECT COUNT(*) AS waiting FROM lane l JOIN delivery d ON d.lane_id = l.id
                    AND d.hold > {Holds.None} AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}
                    WHERE l.council = @council) w
            """,
            new { council }),
        ct);

    private sealed class State
    {
        private long _counted;

        public bool IsFull { get; set; }

        public bool TryBegin(DateTimeOffset now, TimeSpan every)
        {
            var counted = Interlocked.Read(ref _counted);
            return Math.Abs(now.Ticks - counted) >= every.Ticks && Interlocked.CompareExchange(ref _counted, now.Ticks, counted) == counted;
        }

        public void Again() => Interlocked.Exchange(ref _counted, 0);
    }
}
