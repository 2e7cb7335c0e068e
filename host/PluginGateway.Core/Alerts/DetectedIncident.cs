using System.Globalization;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Alerts;

/// <summary>Something that is wrong with a back end now: what an incident is made of.</summary>
internal sealed record DetectedIncident(string Council, string BackEnd, string Cause, string Text, long Count)
{
    private const int MaxCauses = 10;

    /// <summary>A file that could not be read is talked about for so long.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(3);

    /// <summary>
    /// Everything that is wrong. One trouble a lane and kind: a back end that is down is not also a queue that is old, and three hundred held
    /// reports are one trouble with its causes counted.
    /// </summary>
    public static async Task<List<DetectedIncident>> FindAsync(DbSession db, TimeSpan oldest, long now)
    {
        var troubles = new List<DetectedIncident>();
        foreach (var lane in await db.ListAsync<LaneRow>(
            "SELECT council AS Council, backend AS BackEnd, breaker_since AS Since, breaker_cause AS Cause FROM lane WHERE breaker = 1"))
            troubles.Add(new DetectedIncident(
                lane.Council, lane.BackEnd, "breaker",
                $"The council's system fails or does not answer since {Time(lane.Since)}: {lane.Cause} "
                    + "One report at a time is tried; it goes on by itself.",
                1));

        foreach (var suspension in await db.ListAsync<LaneRow>(
            $"""
            SELECT council AS Council, backend AS BackEnd, since AS Since, reason AS Cause FROM suspension WHERE kind = {SuspensionKinds.Settings} AND ended = 0
            """))
            troubles.Add(new DetectedIncident(
                suspension.Council, suspension.BackEnd, "settings",
                $"The council's system does not accept its settings since {Time(suspension.Since)}: {suspension.Cause} Nothing is sent until the "
                    + "council's file "
                    + "is mended, or \"queue resume\" is called.", 1));

        foreach (var group in (await db.ListAsync<CauseRow>(
            $"""
            SELECT l.council AS Council, l.backend AS BackEnd, d.state AS State, d.cause AS Cause, COUNT(*) AS Count, MIN(d.created) AS Oldest
            FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state IN ({States.Held}, {States.Failed})
            GROUP BY l.council, l.backend, d.state, d.cause ORDER BY COUNT(*) DESC
            """)).GroupBy(r => (r.Council, r.BackEnd)))
        {
            var lines = group.Take(MaxCauses)
                .Select(r => string.Create(CultureInfo.InvariantCulture, $"  {r.Count} {r.State.ToString().ToLowerInvariant()}: {r.Cause}"));
            var more = group.Skip(MaxCauses).Sum(r => r.Count);
            troubles.Add(new DetectedIncident(
                group.Key.Council, group.Key.BackEnd, "held",
                $"{group.Sum(r => r.Count)} need a person, the oldest since "
                    + $"{Time(group.Min(r => r.Oldest))}:\n{string.Join('\n', lines)}{(more > 0 ? $"\n  {more} more" : "")}",
                group.Sum(r => r.Count)));
        }

        // What was closed, or did not answer, just before has its reason: it gets its time to catch up.
        var troubled = troubles.Where(t => t.Cause is "breaker" or "settings").Select(t => (t.Council, t.BackEnd)).ToHashSet();
        foreach (var lane in await db.ListAsync<CauseRow>(
            $"""
            SELECT l.council AS Council, l.backend AS BackEnd, COUNT(*) AS Count, MIN(d.created) AS Oldest
            FROM lane l JOIN delivery d ON d.lane_id = l.id AND d.state < {States.Held} AND d.state <> {States.Sending} AND d.state <> {States.Sent}
                AND d.hold = {Holds.None} AND (CASE WHEN d.kind = {Kinds.FollowUp} THEN d.due ELSE d.created END) < @before
            WHERE l.breaker_since < @before
                AND NOT EXISTS (SELECT 1 FROM suspension c WHERE (c.ended = 0 OR c.ended > @before) AND c.council = l.council AND c.service = ''
                AND (c.backend = '' OR c.backend = l.backend))
            GROUP BY l.council, l.backend
            """,
            new { before = now - oldest.Ms() }))
            if (!troubled.Contains((lane.Council, lane.BackEnd)))
                troubles.Add(new DetectedIncident(
                    lane.Council, lane.BackEnd, "old",
                    $"{lane.Count} are not sent for more than {oldest.TotalMinutes:0} minutes, the oldest since {Time(lane.Oldest)}.", lane.Count));
        await AddUpdateProblemsAsync(db, troubles, oldest, now);
        return troubles;
    }

    /// <summary>What keeps the council's own news from its clients.</summary>
    private static async Task AddUpdateProblemsAsync(DbSession db, List<DetectedIncident> troubles, TimeSpan oldest, long now)
    {
        // A system that is down, or was just before, has been talked about.
        foreach (var collection in await db.ListAsync<LaneRow>(
            """
            SELECT c.council AS Council, c.backend AS BackEnd, c.failing_since AS Since, c.cause AS Cause FROM collection c
            WHERE c.failing_since > 0 AND c.failing_since <= @before
                AND NOT EXISTS (SELECT 1 FROM lane l WHERE l.council = c.council AND l.backend = c.backend AND (l.breaker = 1 OR l.breaker_since > @before))
            """,
            new { before = now - oldest.Ms() }))
            troubles.Add(new DetectedIncident(
                collection.Council, collection.BackEnd, "news",
                $"The council's news has not been collected since {Time(collection.Since)}: {collection.Cause} It is tried again by itself; nothing is lost.",
                1));

        foreach (var group in (await db.ListAsync<DocumentRow>(
            $"""
            SELECT council AS Council, backend AS BackEnd, id AS Id, name AS Name, cause AS Cause FROM document
            WHERE state = {DocumentStates.Unreadable} AND received > @after ORDER BY received DESC
            """,
            new { after = now - Recent.Ms() }))
            .GroupBy(d => (d.Council, d.BackEnd)))
            troubles.Add(new DetectedIncident(
                group.Key.Council, group.Key.BackEnd, "documents",
                $"{group.Count()} files of the council cannot be read:\n"
                    + string.Concat(group.Take(MaxCauses).Select(d => string.Create(CultureInfo.InvariantCulture, $"  {d.Id} {d.Name}: {d.Cause}\n")))
                    + "See \"documents show ID\"; after it was put right, \"documents read-again ID\".",
                group.Count()));
    }

    private static string Time(long ms) => UnixTime.At(ms).ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private sealed class DocumentRow
    {
        public string Council { get; init; } = "";

        public string BackEnd { get; init; } = "";

        public long Id { get; init; }

        public string Name { get; init; } = "";

        public string Cause { get; init; } = "";
    }

    private sealed class LaneRow
    {
        public string Council { get; init; } = "";

        public string BackEnd { get; init; } = "";

        public long Since { get; init; }

        public string Cause { get; init; } = "";
    }
}
