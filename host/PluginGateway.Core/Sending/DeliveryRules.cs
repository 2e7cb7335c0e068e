using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>The result of one attempt: the values that the rules need.</summary>
internal sealed record AttemptResult
{
    public required AttemptOutcome Outcome { get; init; }

    public string Cause { get; init; } = "";

    /// <summary>The minimum delay before the next attempt.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>Whether the back end asked for fewer calls.</summary>
    public bool SlowDown { get; init; }

    /// <summary>Whether the answer also suggests that the settings are wrong, so that sending to the back end stops.</summary>
    public bool StopSending { get; init; }

    /// <summary>
    /// Whether sending stops, and nobody but an operator can find out whether the delivery arrived: the back end cannot be queried and does not
    /// recognise repeats. The delivery is held at once: it would otherwise be held at its next claim, and nothing is claimed while sending is stopped.
    /// </summary>
    public bool CanOnlyBeHeld { get; init; }

    /// <summary>Whether the lane's breaker was open. The retry schedule then does not advance; the breaker controls the next attempt.</summary>
    public bool WhileOpen { get; init; }
}

/// <summary>The state of a delivery after an attempt.</summary>
internal sealed record NextStep(DeliveryState State, DateTimeOffset Due, int Failures, bool MayHaveBeenDelivered);

/// <summary>The state machine of a delivery. It is pure, so that every rule can be tested without a clock or a database.</summary>
internal static class DeliveryRules
{
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(12);

    private static readonly TimeSpan WhileUnavailable = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan[] DefaultRetry =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(12),
    ];

    /// <summary>Returns the next step after an attempt.</summary>
    /// <param name="delivery">The delivery that was attempted.</param>
    /// <param name="result">The result of the attempt.</param>
    /// <param name="now">The current time.</param>
    /// <param name="options">The schedule.</param>
    /// <param name="jitter">A value from -1 to 1 that varies the delay by up to ±20 %.</param>
    public static NextStep After(ClaimedDelivery delivery, AttemptResult result, DateTimeOffset now, SendingOptions options, double jitter)
    {
        var failures = delivery.Failures + 1;
        var tooOld = now - DateTimeOffset.FromUnixTimeMilliseconds(delivery.FirstTried) >= options.GiveUpAfter;
        var waiting = Waiting(delivery);
        return result.Outcome switch
        {
            AttemptOutcome.Accepted => new NextStep(DeliveryState.Sent, now, delivery.Failures, MayHaveBeenDelivered: false),
            AttemptOutcome.Rejected or AttemptOutcome.NeedsOperator => new NextStep(DeliveryState.Held, now, failures, delivery.MayHaveBeenDelivered),
            AttemptOutcome.NotYet or AttemptOutcome.Unavailable when tooOld =>
                new NextStep(DeliveryState.Held, now, delivery.Failures, delivery.MayHaveBeenDelivered),
            AttemptOutcome.NotYet or AttemptOutcome.Unavailable =>
                new NextStep(waiting, now + Capped(result.After ?? WhileUnavailable), delivery.Failures, delivery.MayHaveBeenDelivered),
            // The lane is suspended until the settings are fixed. The delivery becomes due at the next probe and never fails because of the settings.
            AttemptOutcome.Misconfigured => new NextStep(waiting, now + options.SettingsProbe, delivery.Failures, delivery.MayHaveBeenDelivered),
            AttemptOutcome.Unknown => AfterUnknownOutcome(delivery, result, tooOld, now, options, jitter),
            _ when tooOld => new NextStep(DeliveryState.Failed, now, failures, delivery.MayHaveBeenDelivered),
            AttemptOutcome.Transient when result.WhileOpen =>
                new NextStep(waiting, now + Capped(result.After ?? TimeSpan.Zero), delivery.Failures, delivery.MayHaveBeenDelivered),
            _ => new NextStep(waiting, now + Wait(failures, result.After, options, jitter), failures, delivery.MayHaveBeenDelivered),
        };
    }

    /// <summary>Returns the next step after the back end has been queried for a report whose outcome is unknown.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="finding">The result; null if the query failed.</param>
    /// <param name="absentBefore">Whether the previous result was <see cref="LookupOutcome.Absent"/> too.</param>
    /// <param name="now">The current time.</param>
    /// <param name="options">The schedule.</param>
    public static NextStep AfterQuery(
        ClaimedDelivery delivery, LookupOutcome? finding, bool absentBefore, DateTimeOffset now, SendingOptions options)
    {
        var tooOld = now - DateTimeOffset.FromUnixTimeMilliseconds(delivery.FirstTried) >= options.FinderGivesUpAfter;
        return finding switch
        {
            LookupOutcome.Found => new NextStep(DeliveryState.Sent, now, delivery.Failures, MayHaveBeenDelivered: false),
            LookupOutcome.Absent when absentBefore => new NextStep(DeliveryState.Retrying, now, delivery.Failures, MayHaveBeenDelivered: false),
            // The back end is queried twice before the report is sent again, however old the report is.
            LookupOutcome.Absent => new NextStep(DeliveryState.Unknown, now + options.FinderAgain, delivery.Failures, MayHaveBeenDelivered: true),
            _ when tooOld => new NextStep(DeliveryState.Held, now, delivery.Failures, MayHaveBeenDelivered: true),
            _ => new NextStep(DeliveryState.Unknown, now + options.FinderAgain, delivery.Failures, MayHaveBeenDelivered: true),
        };
    }

    private static DeliveryState Waiting(ClaimedDelivery delivery) => delivery.MayHaveBeenDelivered ? DeliveryState.Unknown : DeliveryState.Retrying;

    private static TimeSpan Capped(TimeSpan wait) => wait > MaxRetryAfter ? MaxRetryAfter : wait;

    /// <summary>
    /// Returns the next step after an unknown outcome. The first query, or the first repeat to a back end that recognises repeats, does not wait for
    /// the schedule.
    /// </summary>
    private static NextStep AfterUnknownOutcome(
        ClaimedDelivery delivery, AttemptResult result, bool tooOld, DateTimeOffset now, SendingOptions options, double jitter)
    {
        var failures = delivery.Failures + 1;
        if (tooOld || result.CanOnlyBeHeld)
            return new NextStep(DeliveryState.Held, now, failures, MayHaveBeenDelivered: true);

        var wait = delivery.MayHaveBeenDelivered ? Wait(failures, result.After, options, jitter) : result.After ?? TimeSpan.Zero;
        return new NextStep(DeliveryState.Unknown, now + wait, failures, MayHaveBeenDelivered: true);
    }

    private static TimeSpan Wait(int failures, TimeSpan? after, SendingOptions options, double jitter)
    {
        var schedule = options.Retry.Count > 0 ? options.Retry : DefaultRetry;
        var wait = schedule[Math.Min(failures, schedule.Count) - 1] * (1 + (0.2 * jitter));
        var min = Capped(after ?? TimeSpan.Zero);
        return wait > min ? wait : min;
    }
}
