using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Makes one attempt at a delivery of any kind: calls the adapter, classifies the outcome and records it. Names, addresses and keys are removed
/// from every text before it is stored or logged.
/// </summary>
internal sealed class AttemptRunner(
    DeliveryStore store, OutcomeRecorder recorder, AdapterCaller adapters, LaneHealth health, HourCounts hours, IOptions<SendingOptions> options,
    ILogger<AttemptRunner> log)
{
    /// <summary>
    /// Makes an attempt. Holds the delivery instead when an earlier attempt may have been delivered and the back end would not recognise a repeat.
    /// </summary>
    public async Task RunAsync<TCapability, T>(DeliveryCall<TCapability, T> call)
        where TCapability : class, ICouncilAdapter
    {
        var (delivery, backEnd) = (call.Delivery, call.BackEnd);
        if (delivery.MayHaveBeenDelivered && !IsContinued(delivery, backEnd) && call.RepeatsAs is { } needed
            && !adapters.RecognisesRepeats(backEnd, needed))
        {
            await HoldAsync(delivery, backEnd, call.WhenUncertain);
            return;
        }

        var attempt = new DeliveryAttempt(store, delivery, call.Subject);
        delivery.CreatingCallMade = adapters.Describe(backEnd)?.MarksCommit != true;
        var outcome = await adapters.CallAsync<TCapability, T>(
            backEnd, Deadline(backEnd), (adapter, ct) => call.SendAsync(adapter, attempt, ct), call.RecordsLate ? RecordLateAsync : null,
            CancellationToken.None);
        switch (outcome)
        {
            case AdapterOutcome<T>.Answered answered when call.NotYetAfter(answered.Value) is { } after:
                await FailedAsync(
                    delivery, backEnd, call.Person, new AttemptResult { Outcome = AttemptOutcome.NotYet, After = after }, "", answered.Generation);
                break;
            case AdapterOutcome<T>.Answered answered:
                await AnsweredAsync(call, answered);
                break;
            case AdapterOutcome<T>.Failed { Failure: var failure, Generation: var generation }:
                await FailedAsync(delivery, backEnd, call.Person, Classify(call, failure, attempt), failure.Detail, generation, call.WhenUncertain);
                break;
            case AdapterOutcome<T>.Unavailable { Reason: UnavailableReason.NotSupported } when call.WhenNotSupported is { } cause:
                await recorder.DoneAsync(delivery, null, cause, 0, CancellationToken.None);
                break;
            case AdapterOutcome<T>.Unavailable { Reason: UnavailableReason.NotSupported } unsupported:
                await HoldAsync(delivery, backEnd, unsupported.Message);
                break;
            case AdapterOutcome<T>.Unavailable unavailable:
                await FailedAsync(
                    delivery, backEnd, person: null, new AttemptResult { Outcome = AttemptOutcome.Unavailable, Cause = unavailable.Message }, "", 0);
                break;
        }

        Task RecordLateAsync(AdapterOutcome<T> late) => late is AdapterOutcome<T>.Answered answered ? AnsweredAsync(call, answered) : Task.CompletedTask;
    }

    /// <summary>Whether an earlier attempt noted that the report was created. The adapter then continues from this note and creates nothing.</summary>
    public bool IsContinued(ClaimedDelivery delivery, BackEnd backEnd) =>
        delivery.Kind == DeliveryKind.Report && adapters.Describe(backEnd)?.CreatedNote is { } note && DeliveryAttempt.NotesOf(delivery).ContainsKey(note);

    /// <summary>Holds a delivery that was not attempted because an operator has to decide.</summary>
    public Task HoldAsync(ClaimedDelivery delivery, BackEnd backEnd, string cause) =>
        FailedAsync(delivery, backEnd, person: null, new AttemptResult { Outcome = AttemptOutcome.NeedsOperator, Cause = cause }, "", 0);

    /// <summary>Records the case that a back end created for a report.</summary>
    public async Task CreatedAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, Submission submission, int generation)
    {
        var clean = submission with { BackEndId = submission.BackEndId?.Trim(), FollowUps = submission.FollowUps ?? [] };
        var excerpt = Redaction.Clean(submission.ResponseExcerpt ?? "", content.Request.Reporter);
        var id = await recorder.CreatedAsync(delivery, backEnd, content, clean, excerpt, generation, CancellationToken.None);
        log.Sent(content.Request.Id, id, backEnd.Key, delivery.Attempts);
        hours.Sent(delivery);
    }

    /// <summary>Returns how long one call to a back end may take.</summary>
    public TimeSpan Deadline(BackEnd backEnd) => adapters.LimitsOf(backEnd).TimeLimit ?? options.Value.AttemptWithin;

    /// <summary>
    /// Converts a failure to a result. The outcome of a failure that the adapter did not classify is unknown if its creating call may have been sent.
    /// </summary>
    public static AttemptResult Classify(AdapterFailure failure, bool mayHaveLeft) => new()
    {
        Outcome = failure.Kind switch
        {
            FailureKind.Transient => AttemptOutcome.Transient,
            FailureKind.Rejected => AttemptOutcome.Rejected,
            FailureKind.Misconfigured => AttemptOutcome.Misconfigured,
            FailureKind.NotYet => AttemptOutcome.NotYet,
            FailureKind.OutcomeUnknown => AttemptOutcome.Unknown,
            _ => mayHaveLeft ? AttemptOutcome.Unknown : AttemptOutcome.Transient,
        },
        Cause = failure.Message,
        After = failure.After,
        SlowDown = failure.SlowDown,
        StopSending = failure.StopSending,
    };

    private async Task AnsweredAsync<TCapability, T>(DeliveryCall<TCapability, T> call, AdapterOutcome<T>.Answered answered)
        where TCapability : class, ICouncilAdapter
    {
        await call.RecordAsync(answered.Value, answered.Generation);
        await health.AnsweredAsync(call.Delivery, call.BackEnd);
    }

    private AttemptResult Classify<TCapability, T>(DeliveryCall<TCapability, T> call, AdapterFailure failure, DeliveryAttempt attempt)
        where TCapability : class, ICouncilAdapter
    {
        // An adapter that marks its creating call has created nothing before the mark; any other adapter may have.
        // The outcome of a call that can safely be repeated does not matter.
        var mayHaveLeft = attempt.CommitMarked || adapters.Describe(call.BackEnd)?.MarksCommit != true;
        var result = Classify(failure, mayHaveLeft && call.RepeatsAs is not null);
        if (result.Outcome != AttemptOutcome.Unknown)
            return result;
        if (call.CanBeFound && adapters.Has<ISubmissionFinder>(call.BackEnd))
            return result with { After = options.Value.FinderFirst };
        return result.StopSending && call.Delivery.Kind == DeliveryKind.Report && call.RepeatsAs is { } needed
            && !adapters.RecognisesRepeats(call.BackEnd, needed)
            ? result with { CanOnlyBeHeld = true }
            : result;
    }

    private async Task FailedAsync(
        ClaimedDelivery delivery, BackEnd backEnd, Reporter? person, AttemptResult result, string detail, int generation, string whenUncertain = "")
    {
        result = result with { Cause = Redaction.Clean(result.Cause, person) };
        detail = Redaction.Clean(detail, person);
        result = await health.BeforeRecordingAsync(delivery, backEnd, result);
        if (result.CanOnlyBeHeld)
            result = result with { Cause = $"{result.Cause} {whenUncertain}" };
        var next = await recorder.FailedAsync(delivery, result, detail, generation, CancellationToken.None);
        log.NotSent(delivery.Id, backEnd.Key, delivery.Attempts, result.Outcome, result.Cause, detail, next.State, next.Due);
        hours.NotSent(delivery, result.Outcome, result.Cause);
        await health.AfterRecordingAsync(delivery, backEnd, result);
    }
}
