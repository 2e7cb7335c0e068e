using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.PluginHosting;

namespace PluginGateway.Admin.Queries;

/// <summary>What is the matter with one lane, in lines that an operator reads from the top.</summary>
internal static class LaneIssues
{
    public static IEnumerable<AdminIssue> Of(
        LaneState lane, LaneCounts counts, List<CauseGroup> causes, List<Suspension> closed, string council, bool isGone, long now)
    {
        var place = $"{council} / {lane.Name}";
        var isPaused = closed.Exists(c => c.Kind == SuspensionKind.Pause && c.Service.Length == 0 && c.Covers(lane.Council, lane.BackEnd));
        if (lane.IsOpen)
            yield return Open(lane, counts, causes, place, now) with { Standing = isPaused ? Standing.Warning : Standing.Error, IsPart = isGone };
        else if (lane.SlowUntil > now)
            yield return Slow(lane, counts, place, now);

        // What keeps all of a lane is one line; what of it is tried again is a part of that.
        var isClosed = lane.IsOpen || isGone || closed.Exists(c => c.Kind == SuspensionKind.Settings && c.Covers(lane.Council, lane.BackEnd));
        foreach (var group in causes.Where(c => c.Count > 0).OrderByDescending(c => c.Count))
            yield return Of(group, lane, place, isPaused, now) with { IsPart = isClosed && !group.IsStuck };

        if (counts.Stuck - causes.Where(c => c.IsStuck).Sum(c => c.Count) is > 0 and var stuck)
            yield return Rest(lane, place, stuck, isStuck: true);
        if (counts.Failing - causes.Where(c => !c.IsStuck).Sum(c => c.Count) is > 0 and var failing)
            yield return Rest(lane, place, failing, isStuck: false) with { IsPart = isClosed };
    }

    private static AdminIssue Open(LaneState lane, LaneCounts counts, List<CauseGroup> causes, string place, long now) => new()
    {
        Standing = Standing.Error,
        Council = lane.Council,
        Place = place,
        What = lane.OpenCause,
        Count = counts.Waiting,
        Since = causes.Where(c => c.State == DeliveryState.Retrying && c.Since > 0).Select(c => c.Since).Append(lane.OpenSince).Min(),
        Note = $"breaker open, next probe {In(lane.NextProbe, now)}",
        Link = Search(lane, null, null),
    };

    private static AdminIssue Slow(LaneState lane, LaneCounts counts, string place, long now) => new()
    {
        Standing = Standing.Warning,
        Council = lane.Council,
        Place = place,
        What = "The back end asked to be left alone for a while",
        Count = counts.Waiting,
        Note = $"called again {In(lane.SlowUntil, now)}",
        Link = Search(lane, null, null),
    };

    private static AdminIssue Of(CauseGroup group, LaneState lane, string place, bool isPaused, long now) => new()
    {
        // What is tried again by itself is no trouble of a person's yet, unless it goes on.
        Standing = group.Acknowledged >= group.Count ? Standing.Warning
            : group.IsStuck ? Standing.Error
            : isPaused || now - group.Since < 10 * 60_000 ? Standing.Warning : Standing.Error,
        Council = lane.Council,
        Place = place,
        What = group.Cause.Length > 0 ? group.Cause : Word(group.State),
        Count = group.Count,
        Acknowledged = group.Acknowledged,
        Since = group.Since,
        Note = group.IsStuck ? Word(group.State) : $"{Word(group.State)}, next try {In(group.NextTry, now)}",
        Link = Search(lane, group.State, group.Cause),
    };

    private static AdminIssue Rest(LaneState lane, string place, long count, bool isStuck) => new()
    {
        Standing = isStuck ? Standing.Error : Standing.Warning,
        Council = lane.Council,
        Place = place,
        What = $"More that {(isStuck ? "are held" : "are tried again")}: only the oldest were looked at for their cause",
        Count = count,
        Link = Search(lane, isStuck ? DeliveryState.Held : DeliveryState.Retrying, null),
    };

    /// <summary>Reports wait for what is in no council file any more.</summary>
    public static AdminIssue WithoutFile(LaneState lane, string council, bool isCouncil, long waiting) => new()
    {
        // What is held is told by its causes.
        Standing = waiting > 0 ? Standing.Error : Standing.Warning,
        Council = lane.Council,
        Place = $"{council} / {lane.Name}",
        What = !isCouncil ? "No council file of it is live: it has gone, or has errors; until it is put right nothing is sent"
            : CopyRules.IsCopy(lane.BackEnd) ? "The council file has no copies to that address any more: put it back, or cancel them"
            : "The council file has no such back end any more: put it back, or send them by another",
        Count = waiting,
        Link = Search(lane, null, null),
    };

    /// <param name="suspension">What is closed.</param>
    /// <param name="council">Whose it is.</param>
    /// <param name="waiting">How many wait.</param>
    /// <param name="now">The time.</param>
    public static AdminIssue Of(Suspension suspension, string council, long waiting, long now) => new()
    {
        Standing = suspension.Kind == SuspensionKind.Settings ? Standing.Error : Standing.Warning,
        Council = suspension.Council,
        Place = $"{council}, {new SuspensionScope(suspension.Council, suspension.BackEnd, suspension.Service)}",
        What = suspension.Kind == SuspensionKind.Settings ? $"Settings are wrong: {suspension.Reason}" : $"paused by {suspension.ByWhom} ({suspension.Reason})",
        Count = waiting,
        Since = suspension.Since,
        Note = suspension.PerMinute > 0 ? $"{suspension.PerMinute} a minute go" : suspension.Until > 0 ? $"opens by itself {In(suspension.Until, now)}" : "",
        Link = $"/admin/councils/{Uri.EscapeDataString(suspension.Council)}#sending",
    };

    /// <summary>A state in the words of the pages.</summary>
    public static string Word(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "waiting",
        DeliveryState.Sending => "being sent",
        DeliveryState.Sent => "sent",
        DeliveryState.Retrying => "tried again",
        DeliveryState.Unknown => "may have arrived",
        DeliveryState.Held => "held",
        DeliveryState.Failed => "given up",
        _ => "cancelled",
    };

    /// <summary>A plug-in's state likewise.</summary>
    public static string Word(PluginState state) => state == PluginState.BuiltIn ? "built in" : state.ToString().ToLowerInvariant();

    public static string In(long at, long now) => at <= now ? "now" : $"in {DurationText.Text(TimeSpan.FromMilliseconds(at - now))}";

    private static string Search(LaneState lane, DeliveryState? state, string? cause) =>
        "/admin/reports" + QueryString.Create(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["council"] = lane.Council,
            ["backend"] = lane.BackEnd,
            ["state"] = state?.ToString().ToLowerInvariant() ?? "unsent",
            // An address has less room than a cause may need.
            ["cause"] = cause is { Length: < 500 } ? cause : "",
        }.Where(q => q.Value is not ""));
}
