using PluginGateway.Contracts;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending;
using PluginGateway.Testing;

namespace PluginGateway.Core.Tests.Sending;

public sealed class DeliveryRulesTests
{
    private static readonly SendingOptions Options = new();
    private static readonly DateTimeOffset Now = Some.Time;

    [Theory]
    [InlineData(0, 30)]
    [InlineData(1, 120)]
    [InlineData(4, 3_600)]
    [InlineData(8, 43_200)]
    [InlineData(20, 43_200)]
    public void Transient_failures_increase_the_delay(int failures, int seconds)
    {
        var next = After(Delivery(failures), AttemptOutcome.Transient);

        Assert.Equal((DeliveryState.Retrying, Now.AddSeconds(seconds), failures + 1), (next.State, next.Due, next.Failures));
    }

    [Theory]
    [InlineData(1, 36)]
    [InlineData(-1, 24)]
    public void Delay_varies_by_up_to_20_percent(double jitter, int seconds) =>
        Assert.Equal(Now.AddSeconds(seconds), DeliveryRules.After(Delivery(), new AttemptResult { Outcome = AttemptOutcome.Transient }, Now, Options, jitter).Due);

    [Theory]
    [InlineData(10, 30)]
    [InlineData(100, 100)]
    [InlineData(1_000_000, 43_200)]
    public void Delay_is_the_longer_of_schedule_and_retry_after_up_to_12_hours(int after, int seconds) => Assert.Equal(
        Now.AddSeconds(seconds),
        DeliveryRules.After(Delivery(), new AttemptResult { Outcome = AttemptOutcome.Transient, After = TimeSpan.FromSeconds(after) }, Now, Options, 0).Due);

    [Fact]
    public void Delivery_fails_after_a_week() =>
        Assert.Equal(DeliveryState.Failed, After(Delivery(firstTried: Now.AddDays(-7)), AttemptOutcome.Transient).State);

    [Fact]
    public void Rejection_is_held() => Assert.Equal(DeliveryState.Held, After(Delivery(), AttemptOutcome.Rejected).State);

    [Fact]
    public void Not_yet_does_not_count_as_a_failure()
    {
        var next = DeliveryRules.After(Delivery(3), new AttemptResult { Outcome = AttemptOutcome.NotYet, After = TimeSpan.FromSeconds(7) }, Now, Options, 0);

        Assert.Equal(new NextStep(DeliveryState.Retrying, Now.AddSeconds(7), 3, MayHaveBeenDelivered: false), next);
    }

    [Fact]
    public void Not_yet_is_held_after_a_week() => Assert.Equal(
        DeliveryState.Held,
        DeliveryRules.After(
            Delivery(firstTried: Now.AddDays(-7)), new AttemptResult { Outcome = AttemptOutcome.NotYet, After = TimeSpan.FromSeconds(7) }, Now, Options, 0).State);

    [Fact]
    public void Unknown_outcome_stays_unknown_after_a_later_failure()
    {
        var next = After(Delivery(), AttemptOutcome.Unknown);
        Assert.Equal((DeliveryState.Unknown, true), (next.State, next.MayHaveBeenDelivered));

        Assert.Equal(
            (DeliveryState.Unknown, true),
            (After(Delivery(unknown: true), AttemptOutcome.Transient).State, After(Delivery(unknown: true), AttemptOutcome.Transient).MayHaveBeenDelivered));
    }

    [Fact]
    public void Unknown_outcome_is_retried_by_schedule_and_finally_held()
    {
        Assert.Equal(Now, After(Delivery(), AttemptOutcome.Unknown).Due);
        Assert.Equal(Now.AddMinutes(2), After(Delivery(1, unknown: true), AttemptOutcome.Unknown).Due);
        Assert.Equal(DeliveryState.Held, After(Delivery(9, unknown: true, firstTried: Now.AddDays(-7)), AttemptOutcome.Unknown).State);
    }

    [Theory]
    [InlineData(LookupOutcome.Found, false, 0, "Sent")]
    [InlineData(LookupOutcome.Absent, false, 0, "Unknown")]
    [InlineData(LookupOutcome.Absent, true, 0, "Retrying")]
    [InlineData(LookupOutcome.Absent, false, 48, "Unknown")]
    [InlineData(LookupOutcome.Inconclusive, true, 0, "Unknown")]
    [InlineData(LookupOutcome.Inconclusive, false, 24, "Held")]
    [InlineData(null, false, 24, "Held")]
    public void Only_two_absent_lookups_allow_a_resend(LookupOutcome? outcome, bool absentBefore, int hours, string expected) => Assert.Equal(
        expected,
        DeliveryRules.AfterQuery(Delivery(unknown: true, firstTried: Now.AddHours(-hours)), outcome, absentBefore, Now, Options).State.ToString());

    private static NextStep After(ClaimedDelivery delivery, AttemptOutcome outcome) =>
        DeliveryRules.After(delivery, new AttemptResult { Outcome = outcome }, Now, Options, 0);

    private static ClaimedDelivery Delivery(int failures = 0, bool unknown = false, DateTimeOffset? firstTried = null) =>
        new() { Failures = failures, MayHaveBeenDelivered = unknown, FirstTried = (firstTried ?? Now).ToUnixTimeMilliseconds() };
}
