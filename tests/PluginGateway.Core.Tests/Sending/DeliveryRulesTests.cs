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
    public void A_transient_failure_waits_longer_each_time(int failures, int seconds)
    {
        var next = After(Delivery(failures), AttemptOutcome.Transient);

        Assert.Equal((DeliveryState.Retrying, Now.AddSeconds(seconds), failures + 1), (next.State, next.Due, next.Failures));
    }

    [Theory]
    [InlineData(1, 36)]
    [InlineData(-1, 24)]
    public void The_wait_is_spread_by_a_fifth(double jitter, int seconds) =>
        Assert.Equal(Now.AddSeconds(seconds), DeliveryRules.After(Delivery(), new TryResult { Outcome = AttemptOutcome.Transient }, Now, Options, jitter).Due);

    [Theory]
    [InlineData(10, 30)]
    [InlineData(100, 100)]
    [InlineData(1_000_000, 43_200)]
    public void The_later_of_schedule_and_retry_after_counts_up_to_twelve_hours(int after, int seconds) => Assert.Equal(
        Now.AddSeconds(seconds),
        DeliveryRules.After(Delivery(), new TryResult { Outcome = AttemptOutcome.Transient, After = TimeSpan.FromSeconds(after) }, Now, Options, 0).Due);

    [Fact]
    public void After_a_week_it_is_given_up() =>
        Assert.Equal(DeliveryState.Failed, After(Delivery(firstTried: Now.AddDays(-7)), AttemptOutcome.Transient).State);

    [Fact]
    public void A_rejection_is_held() => Assert.Equal(DeliveryState.Held, After(Delivery(), AttemptOutcome.Rejected).State);

    [Fact]
    public void Not_yet_counts_as_no_failure()
    {
        var next = DeliveryRules.After(Delivery(3), new TryResult { Outcome = AttemptOutcome.NotYet, After = TimeSpan.FromSeconds(7) }, Now, Options, 0);

        Assert.Equal(new NextStep(DeliveryState.Retrying, Now.AddSeconds(7), 3, MayHaveBeenDelivered: false), next);
    }

    [Fact]
    public void Not_yet_does_not_go_on_for_ever() => Assert.Equal(
        DeliveryState.Held,
        DeliveryRules.After(
            Delivery(firstTried: Now.AddDays(-7)), new TryResult { Outcome = AttemptOutcome.NotYet, After = TimeSpan.FromSeconds(7) }, Now, Options, 0).State);

    [Fact]
    public void An_unknown_outcome_leaves_doubt_and_a_later_failure_keeps_it()
    {
        var next = After(Delivery(), AttemptOutcome.Unknown);
        Assert.Equal((DeliveryState.Unknown, true), (next.State, next.MayHaveBeenDelivered));

        Assert.Equal(
            (DeliveryState.Unknown, true),
            (After(Delivery(doubt: true), AttemptOutcome.Transient).State, After(Delivery(doubt: true), AttemptOutcome.Transient).MayHaveBeenDelivered));
    }

    [Fact]
    public void An_unknown_outcome_that_stays_unknown_is_tried_by_the_schedule_and_then_left_to_a_person()
    {
        Assert.Equal(Now, After(Delivery(), AttemptOutcome.Unknown).Due);
        Assert.Equal(Now.AddMinutes(2), After(Delivery(1, doubt: true), AttemptOutcome.Unknown).Due);
        Assert.Equal(DeliveryState.Held, After(Delivery(9, doubt: true, firstTried: Now.AddDays(-7)), AttemptOutcome.Unknown).State);
    }

    [Theory]
    [InlineData(LookupOutcome.Found, false, 0, "Sent")]
    [InlineData(LookupOutcome.Absent, false, 0, "Unknown")]
    [InlineData(LookupOutcome.Absent, true, 0, "Retrying")]
    [InlineData(LookupOutcome.Absent, false, 48, "Unknown")]
    [InlineData(LookupOutcome.Inconclusive, true, 0, "Unknown")]
    [InlineData(LookupOutcome.Inconclusive, false, 24, "Held")]
    [InlineData(null, false, 24, "Held")]
    public void Only_two_absents_allow_a_resend(LookupOutcome? finding, bool absentBefore, int hours, string expected) => Assert.Equal(
        expected,
        DeliveryRules.AfterAsking(Delivery(doubt: true, firstTried: Now.AddHours(-hours)), finding, absentBefore, Now, Options).State.ToString());

    private static NextStep After(ClaimedDelivery delivery, AttemptOutcome outcome) =>
        DeliveryRules.After(delivery, new TryResult { Outcome = outcome }, Now, Options, 0);

    private static ClaimedDelivery Delivery(int failures = 0, bool doubt = false, DateTimeOffset? firstTried = null) =>
        new() { Failures = failures, MayHaveBeenDelivered = doubt, FirstTried = (firstTried ?? Now).ToUnixTimeMilliseconds() };
}
