using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;
using PluginGateway.PluginHosting;

namespace PluginGateway.Admin.Queries;

/// <summary>Lists the problems of a lane, and names states for the pages.</summary>
internal static class LaneIssues
{
    public static IEnumerable<AdminIssue> Of(
        LaneState lane, LaneCounts counts, List<CauseGroup> causes, List<Suspension> suspensions, string council, bool isGone, long now)
    {
        var place = Place(council, lane.Name);
        var isPaused = suspensions.Exists(c => c.IsPause && c.Service.Length == 0 && c.Covers(lane.Council, lane.BackEnd));
        if (lane.IsBreakerOpen)
            yield return Open(lane, counts, causes, place, now) with { Standing = isPaused ? Standing.Warning : Standing.Error, IsPart = isGone };
        else if (lane.SlowUntil > now)
            yield return Slow(lane, counts, place, now);

        // A problem that stops the whole lane is one issue; deliveries that are being retried are part of it.
        var isStopped = lane.IsBreakerOpen || isGone || suspensions.Exists(c => !c.IsPause && c.Covers(lane.Council, lane.BackEnd));
        foreach (var group in causes.Where(c => c.Count > 0).OrderByDescending(c => c.Count))
            yield return Of(group, lane, place, isPaused, now) with { IsPart = isStopped && !group.IsStuck };

        if (counts.Stuck - causes.Where(c => c.IsStuck).Sum(c => c.Count) is > 0 and var stuck)
            yield return Rest(lane, place, stuck, isStuck: true);
        if (counts.Failing - causes.Where(c => !c.IsStuck).Sum(c => c.Count) is > 0 and var failing)
            yield return Rest(lane, place, failing, isStuck: false) with { IsPart = isStopped };
    }

    private static AdminIssue Open(LaneState lane, LaneCounts counts, List<CauseGroup> causes, string place, long now) => new()
    {
        Standing = Standing.Error,
        Council = lane.Council,
        Place = place,
        What = lane.OpenCause,
        Lanes = [lane.Id],
        Scope = IssueScope.Waiting,
        Clause = $"{(CopyRules.IsCopy(lane.BackEnd) ? "the mail server" : "its system")} has been failing",
        Count = counts.Waiting,
        Since = causes.Where(c => c.State == DeliveryState.Retrying && c.Since > 0).Select(c => c.Since).Append(lane.OpenSince).Min(),
        Note = $"Sending stopped after repeated failures; next attempt {In(lane.NextProbe, now)}",
        Link = Search(lane, null, null),
    };

    private static AdminIssue Slow(LaneState lane, LaneCounts counts, string place, long now) => new()
    {
        Standing = Standing.Warning,
        Council = lane.Council,
        Place = place,
        What = "The council's system asked the gateway to slow down",
        Lanes = [lane.Id],
        Scope = IssueScope.Waiting,
        Count = counts.Waiting,
        Note = $"Next attempt {In(lane.SlowUntil, now)}",
        Link = Search(lane, null, null),
    };

    private static AdminIssue Of(CauseGroup group, LaneState lane, string place, bool isPaused, long now) => new()
    {
        // Deliveries that are being retried need nobody's attention, unless they keep failing.
        Standing = group.Acknowledged >= group.Count ? Standing.Warning
            : group.IsStuck ? Standing.Error
            : isPaused || now - group.Since < 10 * 60_000 ? Standing.Warning : Standing.Error,
        Council = lane.Council,
        Place = place,
        What = group.Cause.Length > 0 ? group.Cause : Word(group.State),
        Lanes = [lane.Id],
        Scope = group.IsStuck ? IssueScope.Stuck : IssueScope.Failing,
        Count = group.Count,
        Acknowledged = group.Acknowledged,
        Since = group.Since,
        Note = group.IsStuck ? Word(group.State) : $"{Word(group.State)}; next attempt {In(group.NextAttempt, now)}",
        Link = Search(lane, group.State, group.Cause),
    };

    private static AdminIssue Rest(LaneState lane, string place, long count, bool isStuck) => new()
    {
        Standing = isStuck ? Standing.Error : Standing.Warning,
        Council = lane.Council,
        Place = place,
        Lanes = [lane.Id],
        Scope = isStuck ? IssueScope.Stuck : IssueScope.Failing,
        What = $"More {(isStuck ? "held or failed reports" : "reports that are being retried")}: causes are shown for the oldest only",
        Count = count,
        Link = Search(lane, isStuck ? DeliveryState.Held : DeliveryState.Retrying, null),
    };

    /// <summary>Returns the issue that reports wait for a council or back end that is no longer in any council file.</summary>
    public static AdminIssue WithoutFile(LaneState lane, string council, bool isCouncil, long waiting) => new()
    {
        // Held deliveries are listed by their causes.
        Standing = waiting > 0 ? Standing.Error : Standing.Warning,
        Council = lane.Council,
        Place = Place(council, lane.Name),
        What = !isCouncil ? "Nothing is sent, because there is no valid council file; restore it or fix its errors"
            : CopyRules.IsCopy(lane.BackEnd) ? "The council file no longer contains copies to this address; restore it, or cancel the copies"
            : "The council file no longer contains this back end; restore it, or send the reports through another one",
        Lanes = [lane.Id],
        Scope = IssueScope.Waiting,
        Count = waiting,
        Link = Search(lane, null, null),
    };

    /// <summary>Returns the issue that sending is suspended.</summary>
    /// <param name="suspension">The suspension.</param>
    /// <param name="council">The name of the council.</param>
    /// <param name="lanes">The lanes that it stops.</param>
    /// <param name="waiting">The number of reports that wait for its end.</param>
    /// <param name="now">The current time.</param>
    public static AdminIssue Of(Suspension suspension, string council, IReadOnlyList<long> lanes, long waiting, long now) => new()
    {
        Lanes = lanes,
        Scope = IssueScope.Waiting,
        Standing = suspension.IsPause ? Standing.Warning : Standing.Error,
        Council = suspension.Council,
        Place = Place(council, new SuspensionScope(suspension.Council, suspension.BackEnd, suspension.Service).ToString()),
        What = !suspension.IsPause ? suspension.Reason : $"Paused by {suspension.ByWhom} ({suspension.Reason.TrimEnd('.')})",
        Count = waiting,
        Since = suspension.Since,
        Note = suspension.PerMinute > 0 ? $"Limited to {suspension.PerMinute} per minute"
            : suspension.Until > 0 ? $"Resumes automatically {In(suspension.Until, now)}"
            : suspension.Kind == SuspensionKind.Settings ? "Sending stopped until the settings are fixed"
            : suspension.Kind == SuspensionKind.UnclearAnswers ? "Sending stopped until the council file is edited or an operator resumes sending"
            : "",
        Link = $"/admin/councils/{Uri.EscapeDataString(suspension.Council)}#sending",
    };

    /// <summary>Returns the name of a delivery's state.</summary>
    public static string Word(DeliveryState state) => state switch
    {
        DeliveryState.Pending => "Waiting to be sent",
        DeliveryState.Sending => "Sending",
        DeliveryState.Sent => "Sent",
        DeliveryState.Retrying => "Retrying",
        DeliveryState.Unknown => "Delivery unconfirmed",
        DeliveryState.Held => "Held",
        DeliveryState.Failed => "Failed",
        _ => "Cancelled",
    };

    /// <summary>Returns the name of an attempt's outcome.</summary>
    public static string Word(AttemptOutcome outcome) => outcome switch
    {
        AttemptOutcome.Running => "in progress",
        AttemptOutcome.Accepted => "accepted",
        AttemptOutcome.Transient => "failed temporarily",
        AttemptOutcome.Rejected => "rejected",
        AttemptOutcome.Misconfigured => "settings rejected",
        AttemptOutcome.NotYet => "deferred",
        AttemptOutcome.Unknown => "outcome unknown",
        AttemptOutcome.Interrupted => "interrupted because the gateway stopped",
        AttemptOutcome.Absent => "checked: not delivered",
        AttemptOutcome.Unavailable => "plug-in unavailable",
        _ => "not attempted",
    };

    /// <summary>Returns the name of a suspension's kind.</summary>
    public static string Word(Suspension suspension) => suspension.Kind switch
    {
        SuspensionKind.Pause => "Paused",
        SuspensionKind.Settings => "Settings rejected",
        _ => "Unclear answer",
    };

    /// <summary>Returns the name of a plug-in's state.</summary>
    public static string Word(PluginState state) => state == PluginState.BuiltIn ? "Built in" : state.ToString();

    /// <summary>Returns the time until a point in time: "now", "in 20 s".</summary>
    public static string In(long at, long now) => at <= now ? "now" : $"in {DurationText.InSentence(TimeSpan.FromMilliseconds(at - now))}";

    private static string Place(string council, string part) => $"{council} ({part})";

    private static string Search(LaneState lane, DeliveryState? state, string? cause) =>
        "/admin/reports" + QueryString.Create(new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["council"] = lane.Council,
            ["backend"] = lane.BackEnd,
            ["state"] = state?.ToString().ToLowerInvariant() ?? "unsent",
            // The length of an address is limited, so a longer cause is omitted.
            ["cause"] = cause is { Length: < 500 } ? cause : "",
        }.Where(q => q.Value is not ""));
}
