using PluginGateway.Admin.SignIn;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Email;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.Core.Storage;
using PluginGateway.PluginHosting;

namespace PluginGateway.Admin.Queries;

/// <summary>Is everything all right? What the home page says, for one who may see some councils or all.</summary>
internal sealed class Overview(
    LaneQueries lanes, SuspensionStore suspensions, HourCounts hours, PluginActions plugins, MailTemplates templates, ClusterMembership hosts,
    CouncilDirectory councils, TimeProvider time)
{
    private const int Hours = 24;

    public async Task<OverviewPage> ReadAsync(Actor actor, CancellationToken ct)
    {
        var now = time.NowMs();
        var seen = (await lanes.LanesAsync(ct)).Where(l => actor.Sees(l.Council)).ToDictionary(l => l.Id);
        var counts = await lanes.CountsAsync(ct);
        var causes = (await lanes.CausesAsync(now, ct)).Where(c => seen.ContainsKey(c.LaneId)).ToList();
        var oldest = await lanes.OldestWaitingAsync(ct);
        var closed = (await suspensions.ListAsync(ct)).Where(c => actor.Sees(c.Council)).ToList();
        var paused = closed.Exists(c => c.Service.Length > 0) ? await lanes.PausedAsync(ct) : [];
        var sent = (await hours.ListAsync(HourCounts.HourOf(now) - Hours + 1, ct)).Where(h => seen.ContainsKey(h.LaneId)).ToList();
        var snapshot = councils.Current;

        var troubles = new List<AdminIssue>();
        foreach (var lane in seen.Values)
        {
            var (count, isGone) = (counts.GetValueOrDefault(lane.Id) ?? new LaneCounts(), snapshot.FindBackEnd(lane.Council, lane.BackEnd) is null);
            troubles.AddRange(LaneIssues.Of(lane, count, causes.FindAll(c => c.LaneId == lane.Id), closed, Name(snapshot, lane.Council), isGone, now));
            if (isGone && count.Waiting + count.Stuck > 0)
                troubles.Add(LaneIssues.WithoutFile(lane, Name(snapshot, lane.Council), snapshot.Find(lane.Council) is not null, count.Waiting));
        }

        // Of a council without a file nothing is sent anyway: the line of what waits says why.
        foreach (var suspension in closed.Where(c => snapshot.Find(c.Council) is not null))
            troubles.Add(
                LaneIssues.Of(
                    suspension, Name(snapshot, suspension.Council),
                    WaitingFor(suspension, seen.Values.Where(l => suspension.Covers(l.Council, l.BackEnd)), counts, paused), now));
        troubles.AddRange(OfFiles(snapshot, actor));
        var generations = actor.SeesAll ? await plugins.ListAsync(ct) : [];
        if (actor.SeesAll)
            troubles.AddRange(OfHosts(generations));

        return new OverviewPage
        {
            Issues = [.. troubles.OrderByDescending(t => t.Standing).ThenByDescending(t => t.Count)],
            Councils = [.. snapshot.Councils.Where(c => actor.Sees(c.JurisdictionId))
                .Select(c => Row(c, seen.Values.Where(l => l.Council == c.JurisdictionId).ToList(), counts, causes, oldest, closed, sent, now))],
            Plugins = generations,
            SentInDay = sent.Where(h => h.Bucket >= 0).Sum(h => h.Count),
            Waiting = seen.Keys.Sum(l => counts.GetValueOrDefault(l)?.Waiting ?? 0),
            Oldest = seen.Keys.Select(l => oldest.GetValueOrDefault(l)).Concat(causes.Select(c => c.Oldest)).Where(o => o > 0).DefaultIfEmpty().Min(),
            Now = now,
        };
    }

    /// <summary>Sent and failed in each of the last hours, the oldest first.</summary>
    public static IReadOnlyList<(long Sent, long Failed)> PerHour(IReadOnlyCollection<HourCount> counts, long now) =>
    [
        .. Enumerable.Range(0, Hours).Select(i => HourCounts.HourOf(now) - Hours + 1 + i).Select(hour =>
            (counts.Where(c => c.Hour == hour && c.Bucket >= 0).Sum(c => c.Count), counts.Where(c => c.Hour == hour && c.Bucket < 0).Sum(c => c.Count))),
    ];

    private static CouncilRow Row(
        Council council, List<LaneState> own, IReadOnlyDictionary<long, LaneCounts> counts, List<CauseGroup> causes, IReadOnlyDictionary<long, long> oldest,
        List<Suspension> closed, List<HourCount> sent, long now)
    {
        var ids = own.ConvertAll(l => l.Id);
        var hours = sent.FindAll(h => ids.Contains(h.LaneId));
        return new CouncilRow
        {
            Id = council.JurisdictionId,
            Name = council.Name,
            Snoozed = causes.Where(c => ids.Contains(c.LaneId) && c.IsStuck).Sum(c => c.Acknowledged),
            Counts = ids.Aggregate(new LaneCounts(), (sum, id) => sum + (counts.GetValueOrDefault(id) ?? new LaneCounts())),
            IsPaused = closed.Exists(c => c.Council == council.JurisdictionId && c.Kind == SuspensionKind.Pause),
            IsFailing = own.Exists(l => l.IsOpen) || closed.Exists(c => c.Council == council.JurisdictionId && c.Kind == SuspensionKind.Settings),
            Oldest = ids.Select(l => oldest.GetValueOrDefault(l)).Concat(causes.Where(c => ids.Contains(c.LaneId)).Select(c => c.Oldest)).Where(o => o > 0)
                .DefaultIfEmpty().Min(),
            PerHour = PerHour(hours, now),
            Median = HourCounts.Quantile(hours.Select(h => (h.Bucket, h.Count)), 0.5),
            P95 = HourCounts.Quantile(hours.Select(h => (h.Bucket, h.Count)), 0.95),
        };
    }

    private static long WaitingFor(
        Suspension suspension, IEnumerable<LaneState> covered, IReadOnlyDictionary<long, LaneCounts> counts, List<PausedCount> paused) =>
        suspension.Service.Length == 0
            ? covered.Sum(l => counts.GetValueOrDefault(l.Id)?.Waiting ?? 0)
            : covered.Sum(l => paused.Where(p => p.LaneId == l.Id && p.Service == suspension.Service).Sum(p => p.Count));

    private static string Name(CouncilSnapshot snapshot, string council) => snapshot.Find(council)?.Name ?? council;

    private static IEnumerable<AdminIssue> OfFiles(CouncilSnapshot snapshot, Actor actor) =>
        from file in snapshot.Files.Values
        where file.Errors.Count > 0 && (file.Live is { } live ? actor.Sees(live.JurisdictionId) : actor.SeesAll)
        select new AdminIssue
        {
            Standing = file.Live is null ? Standing.Error : Standing.Warning,
            Council = file.Live?.JurisdictionId ?? "",
            Place = Path.GetFileName(file.Path),
            What = $"{DurationText.Count(file.Errors.Count, "error")} in the council file"
                + (file.Live is null ? ", which is not live" : "; what was live before stays so")
                + $": {file.Errors[0].Path}: {file.Errors[0].Message}",
            Link = file.Live is { } council ? $"/admin/councils/{Uri.EscapeDataString(council.JurisdictionId)}#file" : "/admin#councils",
        };

    private IEnumerable<AdminIssue> OfHosts(IReadOnlyList<(string Node, PluginStatus Status)> generations)
    {
        foreach (var (_, status) in generations.Where(g => IsTrouble(g.Status.State)).DistinctBy(g => (g.Status.Key, g.Status.State)))
            yield return Own(
                $"plug-in {status.AdapterName ?? Path.GetFileName(status.Path)}", $"{status.State.ToString().ToLowerInvariant()}: {status.Reason}");
        foreach (var difference in hosts.Differences())
            yield return Own("hosts", difference);

        foreach (var template in templates.Problems)
            yield return Own("email templates", template.ToString()) with { Link = "/admin/templates" };

        static bool IsTrouble(PluginState state) =>
            state is PluginState.Refused or PluginState.Quarantined or PluginState.Abandoned or PluginState.Leaked;

        static AdminIssue Own(string place, string what) =>
            new() { Standing = Standing.Warning, Council = "", Place = place, What = what, Link = "/admin/plug-ins" };
    }
}

/// <summary>What the home page shows.</summary>
internal sealed record OverviewPage
{
    public required IReadOnlyList<AdminIssue> Issues { get; init; }

    public required IReadOnlyList<CouncilRow> Councils { get; init; }

    /// <summary>What every host has of plug-ins.</summary>
    public required IReadOnlyList<(string Node, PluginStatus Status)> Plugins { get; init; }

    public required long SentInDay { get; init; }

    public required long Waiting { get; init; }

    /// <summary>When the oldest report that is not at its council was accepted; 0 when there is none.</summary>
    public required long Oldest { get; init; }

    public required long Now { get; init; }

    public Standing Standing => Issues.Where(t => !t.IsPart).Select(t => t.Standing).DefaultIfEmpty().Max();

    /// <summary>All of it in one sentence.</summary>
    public string Sentence(Func<long, string> at)
    {
        var waiting = Waiting == 0 ? "none waits" : $"{DurationText.Count(Waiting, "waits", "wait")}, the oldest for {DurationText.Since(Oldest, Now)}";
        var sent = $"{DurationText.Count(SentInDay, "report was", "reports were")} sent in the last 24 hours, and {waiting}";
        if (Standing == Standing.Ok)
            return $"Everything is all right: {sent}.";

        var worst = Issues.Where(t => t.Standing == Standing && !t.IsPart).ToList();
        var (first, stuck) = (worst[0], worst.Sum(t => t.Count));
        var since = first.Since > 0 ? $" since {at(first.Since)}" : "";
        var says = $"{first.Place}: {first.What.TrimEnd('.')}{since}";
        if (Standing == Standing.Warning)
            return worst.Count == 1 ? $"All right but for {says}; {sent}." : $"All right but for {worst.Count} things, first of all {says}; {sent}.";
        return stuck == 0 ? $"Something is wrong: {says}."
            : worst.Count == 1 ? $"{DurationText.Count(stuck, "report does", "reports do")} not get through. {says}."
            : $"{DurationText.Count(stuck, "report does", "reports do")} not get through in {worst.Count} places; most of them, {first.Count:N0}, here: "
                + $"{says}.";
    }
}

/// <summary>One council on the home page.</summary>
internal sealed record CouncilRow
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required LaneCounts Counts { get; init; }

    /// <summary>Those of the held that somebody has put off.</summary>
    public required long Snoozed { get; init; }

    public required bool IsPaused { get; init; }

    public required bool IsFailing { get; init; }

    public required long Oldest { get; init; }

    /// <summary>The last 24 hours, the oldest first.</summary>
    public required IReadOnlyList<(long Sent, long Failed)> PerHour { get; init; }

    /// <summary>Half of what was sent in them took at most so many seconds; null when nothing was.</summary>
    public required double? Median { get; init; }

    /// <summary>And 95 of 100 so many.</summary>
    public required double? P95 { get; init; }

    public Standing Standing => Counts.Stuck > Snoozed || IsFailing ? Standing.Error : Counts.Failing > 0 || IsPaused ? Standing.Warning : Standing.Ok;

    public string Says => string.Join(", ", Parts().DefaultIfEmpty("all right"));

    private IEnumerable<string> Parts()
    {
        if (IsFailing)
            yield return "failing";
        if (IsPaused)
            yield return "paused";
        if (Counts.Stuck > 0)
            yield return $"{Counts.Stuck:N0} held{(Snoozed > 0 ? $" ({Snoozed:N0} put off)" : "")}";
        if (Counts.Failing > 0)
            yield return $"{Counts.Failing:N0} tried again";
    }
}
