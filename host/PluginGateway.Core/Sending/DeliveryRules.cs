using PluginGateway.Contracts;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>What happened to one try, as far as the rules need it.</summary>
internal sealed record TryResult
{
    public required AttemptOutcome Outcome { get; init; }

    public string Cause { get; init; } = "";

    /// <summary>The earliest time of the next try, from now.</summary>
    public TimeSpan? After { get; init; }

    /// <summary>The back end asked for fewer calls.</summary>
    public bool SlowDown { get; init; }

    /// <summary>The lane's breaker was open: the schedule stands still, and the breaker says when the next try is.</summary>
    public bool WhileOpen { get; init; }
}

/// <summary>Where a delivery goes after a try.</summary>
internal sealed record NextStep(DeliveryState State, DateTimeOffset Due, int Failures, bool MayHaveBeenDelivered);

/// <summary>The state machine of a delivery: pure, so that every rule can be tested without a clock or a database.</summary>
internal static class DeliveryRules
{
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(12);

    private static readonly TimeSpan WhileUnavailable = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan[] DefaultRetry =
    [
        TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30), TimeSpan.FromHours(1),
        TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(12),
    ];

    /// <summary>The step after a try.</summary>
    /// <param name="delivery">The delivery that was tried.</param>
    /// <param name="result">How it went.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">The schedule.</param>
    /// <param name="jitter">From -1 to 1: where in the ±20 % the next try falls.</param>
    public static NextStep After(ClaimedDelivery delivery, TryResult result, DateTimeOffset now, SendingOptions options, double jitter)
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
            // The lane is closed until the settings are mended; this one is there for the next probe, and never given up for them.
            AttemptOutcome.Misconfigured => new NextStep(waiting, now + options.SettingsProbe, delivery.Failures, delivery.MayHaveBeenDelivered),
            AttemptOutcome.Unknown when tooOld => new NextStep(DeliveryState.Held, now, failures, MayHaveBeenDelivered: true),
            AttemptOutcome.Unknown =>
                new NextStep(
                    DeliveryState.Unknown, now + AfterUnknownOutcome(delivery, failures, result.After, options, jitter), failures, MayHaveBeenDelivered: true),
            _ when tooOld => new NextStep(DeliveryState.Failed, now, failures, delivery.MayHaveBeenDelivered),
            AttemptOutcome.Transient when result.WhileOpen =>
                new NextStep(waiting, now + Capped(result.After ?? TimeSpan.Zero), delivery.Failures, delivery.MayHaveBeenDelivered),
            _ => new NextStep(waiting, now + Wait(failures, result.After, options, jitter), failures, delivery.MayHaveBeenDelivered),
        };
    }

    /// <summary>The step after the back end was asked for a report whose outcome is unknown.</summary>
    /// <param name="delivery">The delivery.</param>
    /// <param name="finding">What it said; null when it could not be asked.</param>
    /// <param name="absentBefore">It said <see cref="LookupOutcome.Absent"/> the last time too.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">The schedule.</param>
    public static NextStep AfterAsking(
        ClaimedDelivery delivery, LookupOutcome? finding, bool absentBefore, DateTimeOffset now, SendingOptions options)
    {
        var tooOld = now - DateTimeOffset.FromUnixTimeMilliseconds(delivery.FirstTried) >= options.FinderGivesUpAfter;
        return finding switch
        {
            LookupOutcome.Found => new NextStep(DeliveryState.Sent, now, delivery.Failures, MayHaveBeenDelivered: false),
            LookupOutcome.Absent when absentBefore => new NextStep(DeliveryState.Retrying, now, delivery.Failures, MayHaveBeenDelivered: false),
            // Asked twice before it is sent again, however old it is.
            LookupOutcome.Absent => new NextStep(DeliveryState.Unknown, now + options.FinderAgain, delivery.Failures, MayHaveBeenDelivered: true),
            _ when tooOld => new NextStep(DeliveryState.Held, now, delivery.Failures, MayHaveBeenDelivered: true),
            _ => new NextStep(DeliveryState.Unknown, now + options.FinderAgain, delivery.Failures, MayHaveBeenDelivered: true),
        };
    }

    private static DeliveryState Waiting(ClaimedDelivery delivery) => delivery.MayHaveBeenDelivered ? DeliveryState.Unknown : DeliveryState.Retrying;

    private static TimeSpan Capped(TimeSpan asked) => asked > MaxRetryAfter ? MaxRetryAfter : asked;

    /// <summary>The first time it is asked for, or sent again where doubles are refused, at once; after that by the schedule.</summary>
    private static TimeSpan AfterUnknownOutcome(ClaimedDelivery delivery, int failures, TimeSpan? after, SendingOptions options, double jitter) =>
        delivery.MayHaveBeenDelivered ? Wait(failures, after, options, jitter) : after ?? TimeSpan.Zero;

    private static TimeSpan Wait(int failures, TimeSpan? after, SendingOptions options, double jitter)
    {
        var schedule = options.Retry.Count > 0 ? options.Retry : DefaultRetry;
        var wait = schedule[Math.Min(failures, schedule.Count) - 1] * (1 + (0.2 * jitter));
        var asked = Capped(after ?? TimeSpan.Zero);
        return wait > asked ? wait : asked;
    }
}
