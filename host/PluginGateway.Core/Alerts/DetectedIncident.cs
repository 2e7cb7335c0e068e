using System.Globalization;
using PluginGateway.Core.Operating;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Updates.Documents;

namespace PluginGateway.Core.Alerts;

/// <summary>A current problem of a back end. Incidents are created from these.</summary>
internal sealed record DetectedIncident(string Council, string BackEnd, string Cause, string Text, long Count)
{
    private const int MaxCauses = 10;

    /// <summary>How long a file that could not be read counts as a problem.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromDays(3);

    /// <summary>
    /// Finds all current problems: at most one per lane and kind. A back end that is down does not also count as deliveries that wait too long, and three
    /// hundred held reports are one problem with its causes counted.
    /// </summary>
    public static async Task<List<DetectedIncident>> FindAsync(DbSession db, TimeSpan oldest, long now)
    {
        var problems = new List<DetectedIncident>();
        foreach (var lane in await db.ListAsync<LaneRow>(
            "SELECT council AS Council, backend AS BackEnd, breaker_since AS Since, breaker_cause AS Cause FROM lane WHERE breaker = 1"))
            problems.Add(new DetectedIncident(
                lane.Council, lane.BackEnd, "breaker",
                $"Sending stopped at {Time(lane.Since)} after repeated failures. The gateway tests the council's system with one report at a time and "
                    + $"resumes automatically when it works again. No report is lost. Cause: {lane.Cause}",
                1));

        foreach (var suspension in await db.ListAsync<SuspensionRow>(
            $"""
            SELECT council AS Council, backend AS BackEnd, since AS Since, reason AS Cause, kind AS Kind
            FROM suspension WHERE kind <> {SuspensionKinds.Pause} AND ended = 0
            """))
            problems.Add(new DetectedIncident(
                suspension.Council, suspension.BackEnd, "settings",
                suspension.Kind == SuspensionKind.Settings
                    ? $"Sending stopped at {Time(suspension.Since)} because the council's system rejected the settings of the back end. Correct the council "
                        + $"file, or run {Resume(suspension)} after the council has fixed the problem. Until then, the gateway only sends an occasional "
                        + $"report as a test. Cause: {suspension.Cause}"
                    : $"Sending stopped at {Time(suspension.Since)} because the council's system gave an answer that suggests wrong settings and does not "
                        + "show whether the report arrived. Check the address and the key in the council file, and ask the council whether it has the held "
                        + $"report. Sending resumes when the file is edited, or with {Resume(suspension)}. Cause: {suspension.Cause}",
                1));

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
            problems.Add(new DetectedIncident(
                group.Key.Council, group.Key.BackEnd, "held",
                $"Deliveries that need an operator: {group.Sum(r => r.Count)}. The oldest was accepted at "
                    + $"{Time(group.Min(r => r.Oldest))}.\n{string.Join('\n', lines)}{(more > 0 ? $"\n  {more} with other causes" : "")}",
                group.Sum(r => r.Count)));
        }

        // Lanes that were suspended or failing until recently are skipped: they need time to catch up.
        var stopped = problems.Where(t => t.Cause is "breaker" or "settings").Select(t => (t.Council, t.BackEnd)).ToHashSet();
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
            if (!stopped.Contains((lane.Council, lane.BackEnd)))
                problems.Add(new DetectedIncident(
                    lane.Council, lane.BackEnd, "old",
                    $"Deliveries that have been waiting for more than {oldest.TotalMinutes:0} minutes: {lane.Count}. The oldest was accepted at "
                        + $"{Time(lane.Oldest)}.", lane.Count));
        await AddUpdateProblemsAsync(db, problems, oldest, now);
        return problems;
    }

    /// <summary>Adds problems that keep the council's updates from clients.</summary>
    private static async Task AddUpdateProblemsAsync(DbSession db, List<DetectedIncident> problems, TimeSpan oldest, long now)
    {
        // A system that is down, or was until recently, is already reported.
        foreach (var collection in await db.ListAsync<LaneRow>(
            """
            SELECT c.council AS Council, c.backend AS BackEnd, c.failing_since AS Since, c.cause AS Cause FROM collection c
            WHERE c.failing_since > 0 AND c.failing_since <= @before
                AND NOT EXISTS (SELECT 1 FROM lane l WHERE l.council = c.council AND l.backend = c.backend AND (l.breaker = 1 OR l.breaker_since > @before))
            """,
            new { before = now - oldest.Ms() }))
            problems.Add(new DetectedIncident(
                collection.Council, collection.BackEnd, "news",
                $"The council's updates have not been collected since {Time(collection.Since)}. The gateway retries automatically. No update is lost. "
                    + $"Cause: {collection.Cause}",
                1));

        foreach (var folder in await db.ListAsync<LaneRow>(
            "SELECT council AS Council, backend AS BackEnd, since AS Since, cause AS Cause FROM folder_problem WHERE since <= @before",
            new { before = now - oldest.Ms() }))
            problems.Add(new DetectedIncident(
                folder.Council, folder.BackEnd, "files",
                $"Files in the council's folder have not been stored since {Time(folder.Since)}. The gateway retries automatically and removes no file that it "
                    + $"has not stored. Cause: {folder.Cause}",
                1));

        foreach (var group in (await db.ListAsync<DocumentRow>(
            $"SELECT council AS Council, backend AS BackEnd, id AS Id, name AS Name, cause AS Cause FROM document WHERE state = {DocumentStates.Held}"))
            .GroupBy(d => (d.Council, d.BackEnd)))
            problems.Add(new DetectedIncident(
                group.Key.Council, group.Key.BackEnd, "new-format",
                $"Documents waiting for a decision: {group.Count()}.\n"
                    + string.Concat(group.Take(MaxCauses).Select(d => string.Create(CultureInfo.InvariantCulture, $"  {d.Id} {d.Name}: {d.Cause}\n")))
                    + "Run \"documents accept ID --as known\" if the events were already passed on, or \"documents accept ID --as news\" to pass on all rows.",
                group.Count()));

        foreach (var group in (await db.ListAsync<DocumentRow>(
            $"""
            SELECT council AS Council, backend AS BackEnd, id AS Id, name AS Name, cause AS Cause FROM document
            WHERE state = {DocumentStates.Unreadable} AND received > @after ORDER BY received DESC
            """,
            new { after = now - Recent.Ms() }))
            .GroupBy(d => (d.Council, d.BackEnd)))
            problems.Add(new DetectedIncident(
                group.Key.Council, group.Key.BackEnd, "documents",
                $"Documents of the council that cannot be read: {group.Count()}.\n"
                    + string.Concat(group.Take(MaxCauses).Select(d => string.Create(CultureInfo.InvariantCulture, $"  {d.Id} {d.Name}: {d.Cause}\n")))
                    + "Run \"documents show ID\" for details. After the problem is fixed, run \"documents read-again ID\".",
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

    private static string Resume(SuspensionRow suspension) => $"\"queue resume {suspension.Council} --backend {suspension.BackEnd}\"";

    private sealed class LaneRow
    {
        public string Council { get; init; } = "";

        public string BackEnd { get; init; } = "";

        public long Since { get; init; }

        public string Cause { get; init; } = "";
    }

    private sealed class SuspensionRow
    {
        public string Council { get; init; } = "";

        public string BackEnd { get; init; } = "";

        public long Since { get; init; }

        public string Cause { get; init; } = "";

        public SuspensionKind Kind { get; init; }
    }
}
