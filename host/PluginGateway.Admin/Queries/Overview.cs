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

/// <summary>Reads the home page: the problems, councils and plug-ins that an account may see.</summary>
internal sealed class Overview(
    LaneQueries lanes, SuspensionStore suspensions, HourCounts hours, PluginActions plugins, MailTemplates templates, ClusterMembership hosts,
    CouncilDirectory councils, TimeProvider time)
{
    private const int Hours = 24;

    public async Task<OverviewPage> ReadAsync(Actor actor, CancellationToken ct)
    {
        var now = time.NowMs();
        var visible = (await lanes.LanesAsync(ct)).Where(l => actor.Sees(l.Council)).ToDictionary(l => l.Id);
        var counts = await lanes.CountsAsync(now, ct);
        var causes = (await lanes.CausesAsync(now, ct)).Where(c => visible.ContainsKey(c.LaneId)).ToList();
        var oldest = await lanes.OldestWaitingAsync(ct);
        var active = (await suspensions.ListAsync(ct)).Where(c => actor.Sees(c.Council)).ToList();
        var paused = active.Exists(c => c.Service.Length > 0) ? await lanes.PausedAsync(ct) : [];
        var sent = (await hours.ListAsync(HourCounts.HourOf(now) - Hours + 1, ct)).Where(h => visible.ContainsKey(h.LaneId)).ToList();
        var snapshot = councils.Current;

        var issues = new List<AdminIssue>();
        foreach (var lane in visible.Values)
        {
            var (count, isGone) = (counts.Of(lane.Id), snapshot.FindBackEnd(lane.Council, lane.BackEnd) is null);
            issues.AddRange(LaneIssues.Of(lane, count, causes.FindAll(c => c.LaneId == lane.Id), active, Name(snapshot, lane.Council), isGone, now));
            if (isGone && count.Waiting + count.Stuck > 0)
                issues.Add(LaneIssues.WithoutFile(lane, Name(snapshot, lane.Council), snapshot.Find(lane.Council) is not null, count.Waiting));
        }

        // Nothing is sent for a council without a council file; the issue of its waiting reports explains that.
        foreach (var suspension in active.Where(c => snapshot.Find(c.Council) is not null))
        {
            var covered = visible.Values.Where(l => suspension.Covers(l.Council, l.BackEnd)).Select(l => l.Id).ToList();
            issues.Add(LaneIssues.Of(suspension, Name(snapshot, suspension.Council), covered, WaitingFor(suspension, covered, counts, paused), now));
        }

        issues.AddRange(OfFiles(snapshot, actor));
        var generations = actor.SeesAll ? await plugins.ListAsync(ct) : [];
        if (actor.SeesAll)
            issues.AddRange(OfHosts(generations));

        var undelivered = issues.FindAll(t => t is { Standing: Standing.Error, IsPart: false, Count: > 0 });
        return new OverviewPage
        {
            Issues = [.. issues.OrderByDescending(t => t.Standing).ThenByDescending(t => t.Count)],
            // A report can be counted by several issues, and an issue counts only some reports of a lane.
            Undelivered = undelivered.Count > 0 ? Math.Min(await lanes.CountAsync(undelivered, ct), undelivered.Sum(t => t.Count - t.Acknowledged)) : 0,
            Councils = [.. snapshot.Councils.Where(c => actor.Sees(c.JurisdictionId))
                .Select(c => Row(c, visible.Values.Where(l => l.Council == c.JurisdictionId).ToList(), counts, causes, oldest, active, sent, now))],
            Plugins = generations,
            SentInDay = sent.Where(h => h.Bucket >= 0).Sum(h => h.Count),
            Waiting = visible.Values.Select(l => l.Council).Distinct(StringComparer.Ordinal).Sum(c => counts.Of(c).Waiting),
            Oldest = visible.Keys.Select(l => oldest.GetValueOrDefault(l)).Concat(causes.Select(c => c.Oldest)).Where(o => o > 0).DefaultIfEmpty().Min(),
            Now = now,
        };
    }

    /// <summary>Returns the sent and failed deliveries of each of the last hours, oldest first.</summary>
    public static IReadOnlyList<(long Sent, long Failed)> PerHour(IReadOnlyCollection<HourCount> counts, long now) =>
    [
        .. Enumerable.Range(0, Hours).Select(i => HourCounts.HourOf(now) - Hours + 1 + i).Select(hour =>
            (counts.Where(c => c.Hour == hour && c.Bucket >= 0).Sum(c => c.Count), counts.Where(c => c.Hour == hour && c.Bucket < 0).Sum(c => c.Count))),
    ];

    private static CouncilRow Row(
        Council council, List<LaneState> lanes, UnfinishedCounts counts, List<CauseGroup> causes, IReadOnlyDictionary<long, long> oldest,
        List<Suspension> suspensions, List<HourCount> sent, long now)
    {
        var ids = lanes.ConvertAll(l => l.Id);
        var hours = sent.FindAll(h => ids.Contains(h.LaneId));
        return new CouncilRow
        {
            Id = council.JurisdictionId,
            Name = council.Name,
            Snoozed = counts.Of(council.JurisdictionId).Snoozed,
            Counts = counts.Of(council.JurisdictionId),
            IsPaused = suspensions.Exists(c => c.Council == council.JurisdictionId && c.IsPause),
            IsFailing = lanes.Exists(l => l.IsBreakerOpen) || suspensions.Exists(c => c.Council == council.JurisdictionId && !c.IsPause),
            Oldest = ids.Select(l => oldest.GetValueOrDefault(l)).Concat(causes.Where(c => ids.Contains(c.LaneId)).Select(c => c.Oldest)).Where(o => o > 0)
                .DefaultIfEmpty().Min(),
            PerHour = PerHour(hours, now),
            Median = HourCounts.Quantile(hours.Select(h => (h.Bucket, h.Count)), 0.5),
            P95 = HourCounts.Quantile(hours.Select(h => (h.Bucket, h.Count)), 0.95),
        };
    }

    /// <summary>Returns the number of reports that wait for the end of a suspension. A report can wait in several of the lanes.</summary>
    private static long WaitingFor(Suspension suspension, List<long> covered, UnfinishedCounts counts, List<PausedCount> paused) => Math.Min(
        counts.Of(suspension.Council).Waiting,
        suspension.Service.Length == 0
            ? covered.Sum(l => counts.Of(l).Waiting)
            : paused.Where(p => covered.Contains(p.LaneId) && p.Service == suspension.Service).Sum(p => p.Count));

    private static string Name(CouncilSnapshot snapshot, string council) =>
        snapshot.Find(council)?.Name ?? snapshot.Absent.FirstOrDefault(a => a.Council == council)?.Name ?? council;

    private static IEnumerable<AdminIssue> OfFiles(CouncilSnapshot snapshot, Actor actor)
    {
        if (snapshot.FolderProblem is { } folder && actor.SeesAll)
            yield return Own("Councils folder", $"It cannot be read, so the known councils stay live: {folder}", "/admin#councils");
        foreach (var absent in snapshot.Absent.Where(a => actor.Sees(a.Council)))
            yield return new AdminIssue
            {
                Standing = Standing.Error,
                Council = absent.Council,
                Place = absent.Name,
                What = $"The council file {absent.FileName} is missing or cannot be used, so the council's calls are answered with status 503",
                Link = $"/admin/councils/{Uri.EscapeDataString(absent.Council)}/absent",
            };
        foreach (var file in snapshot.Files.Values)
            if (!file.IsValid && (file.Live is { } live ? actor.Sees(live.JurisdictionId) : actor.SeesAll))
                yield return OfFile(file);
    }

    private static AdminIssue OfFile(LoadedCouncilFile file)
    {
        var problem = file switch
        {
            { Errors.Count: > 0 } => $"{DurationText.Count(file.Errors.Count, "error")} in the council file",
            { Unfinished.Count: > 0 } => "The council file could not be checked completely and will be checked again",
            _ => "The council file cannot be read",
        };
        var used = file switch
        {
            { Live: null } => ", which is not used",
            { Restored: not null } => "; the version stored in the database is used",
            { IsOutdated: true } => "; the previous version is still used",
            _ => "",
        };
        return new AdminIssue
        {
            Standing = file.Live is null ? Standing.Error : Standing.Warning,
            Council = file.Live?.JurisdictionId ?? "",
            Place = Path.GetFileName(file.Path),
            What = problem + used + (file.Errors is [var error, ..] ? $": {error.Path}: {error.Message}" : ""),
            Link = file.Live is { } council ? $"/admin/councils/{Uri.EscapeDataString(council.JurisdictionId)}#file" : "/admin#councils",
        };
    }

    private IEnumerable<AdminIssue> OfHosts(IReadOnlyList<(string Node, PluginStatus Status)> generations)
    {
        foreach (var (_, status) in generations.Where(g => IsProblem(g.Status.State)).DistinctBy(g => (g.Status.Key, g.Status.State)))
            yield return Own(
                $"Plug-in {status.AdapterName ?? Path.GetFileName(status.Path)}", $"{LaneIssues.Word(status.State)}: {status.Reason}", "/admin/plug-ins");
        foreach (var difference in hosts.Differences())
            yield return Own("Hosts", difference, "/admin/plug-ins");

        foreach (var template in templates.Problems)
            yield return Own("E-mail templates", template.ToString(), "/admin/templates");

        static bool IsProblem(PluginState state) =>
            state is PluginState.Refused or PluginState.Quarantined or PluginState.Abandoned or PluginState.Leaked;
    }

    private static AdminIssue Own(string place, string what, string link) =>
        new() { Standing = Standing.Warning, Council = "", Place = place, What = what, Link = link };
}

/// <summary>The content of the home page.</summary>
internal sealed record OverviewPage
{
    public required IReadOnlyList<AdminIssue> Issues { get; init; }

    public required IReadOnlyList<CouncilRow> Councils { get; init; }

    /// <summary>The plug-ins of every host.</summary>
    public required IReadOnlyList<(string Node, PluginStatus Status)> Plugins { get; init; }

    /// <summary>The number of reports that do not get through, each counted once.</summary>
    public required long Undelivered { get; init; }

    public required long SentInDay { get; init; }

    public required long Waiting { get; init; }

    /// <summary>When the oldest undelivered report was accepted; 0 if there is none.</summary>
    public required long Oldest { get; init; }

    public required long Now { get; init; }

    public Standing Standing => Issues.Where(t => !t.IsPart).Select(t => t.Standing).DefaultIfEmpty().Max();

    /// <summary>The overall condition in one or two sentences.</summary>
    /// <param name="at">Formats a time.</param>
    public string Summary(Func<long, string> at)
    {
        var waiting = Waiting == 0
            ? "none are waiting"
            : $"{DurationText.Count(Waiting, "is", "are")} waiting, the oldest for {DurationText.Since(Oldest, Now)}";
        var sent = $"{DurationText.Count(SentInDay, "report was", "reports were")} sent in the last 24 hours, and {waiting}.";
        if (Standing == Standing.Ok)
            return $"Everything is working: {sent}";

        var worst = Issues.Where(t => t.Standing == Standing && !t.IsPart).ToList();
        var first = worst[0];
        if (Standing == Standing.Warning || Undelivered == 0)
        {
            var more = worst.Count == 1 ? "" : $", and {worst.Count - 1} more";
            return $"{DurationText.Count(worst.Count, "thing needs", "things need")} attention: {first.Describe(at)}{more}. {sent}";
        }

        var part = first.Count < Undelivered ? DurationText.Count(first.Count, "is", "are") : Undelivered == 1 ? "It is" : "All are";
        return $"{DurationText.Count(Undelivered, "report is", "reports are")} not getting through. {part} for {first.Describe(at)}.";
    }
}

/// <summary>A council on the home page.</summary>
internal sealed record CouncilRow
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required LaneCounts Counts { get; init; }

    /// <summary>The number of held and failed reports that are snoozed.</summary>
    public required long Snoozed { get; init; }

    public required bool IsPaused { get; init; }

    public required bool IsFailing { get; init; }

    public required long Oldest { get; init; }

    /// <summary>The sent and failed deliveries of the last 24 hours, oldest first.</summary>
    public required IReadOnlyList<(long Sent, long Failed)> PerHour { get; init; }

    /// <summary>The median delivery time in seconds over the last 24 hours; null if nothing was sent.</summary>
    public required double? Median { get; init; }

    /// <summary>The 95th-percentile delivery time in seconds; null if nothing was sent.</summary>
    public required double? P95 { get; init; }

    public Standing Standing => Counts.Stuck > Snoozed || IsFailing ? Standing.Error : Counts.Failing > 0 || IsPaused ? Standing.Warning : Standing.Ok;

    /// <summary>The council's condition in words: "Failing, 3 held or failed, 2 retrying".</summary>
    public string Summary
    {
        get
        {
            var text = string.Join(", ", Parts().DefaultIfEmpty("working"));
            return char.ToUpperInvariant(text[0]) + text[1..];
        }
    }

    private IEnumerable<string> Parts()
    {
        if (IsFailing)
            yield return "failing";
        if (IsPaused)
            yield return "paused";
        if (Counts.Stuck > 0)
            yield return $"{Counts.Stuck:N0} held or failed{(Snoozed > 0 ? $" ({Snoozed:N0} snoozed)" : "")}";
        if (Counts.Failing > 0)
            yield return $"{Counts.Failing:N0} retrying";
    }
}
