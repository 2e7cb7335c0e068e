using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Closures;

namespace PluginGateway.Core.Sending;

/// <summary>Records and logs a try that did not succeed, without the keys and people that its texts may name.</summary>
internal sealed class FailureRecorder(OutcomeRecorder recorder, LaneHealth health, HourCounts hours, ILogger<FailureRecorder> log)
{
    /// <summary>Records a failed try.</summary>
    /// <param name="delivery">What was tried.</param>
    /// <param name="backEnd">Where.</param>
    /// <param name="person">Whose names must not be stored.</param>
    /// <param name="result">What it means.</param>
    /// <param name="detail">What the back end said.</param>
    /// <param name="generation">Which generation of the plug-in was called; 0 for none.</param>
    public async Task RecordAsync(ClaimedDelivery delivery, BackEnd backEnd, Reporter? person, TryResult result, string detail = "", int generation = 0)
    {
        result = result with { Cause = Redaction.Clean(result.Cause, person) };
        detail = Redaction.Clean(detail, person);
        result = await health.BeforeRecordingAsync(delivery, backEnd, result);
        var next = await recorder.FailedAsync(delivery, result, detail, generation, CancellationToken.None);
        log.NotSent(delivery.Id, backEnd.Key, delivery.Tries, result.Outcome, result.Cause, detail, next.State, next.Due);
        hours.NotSent(delivery);
        await health.AfterRecordingAsync(delivery, backEnd, result);
    }

    /// <summary>The adapter was not called.</summary>
    public Task AwayAsync(ClaimedDelivery delivery, BackEnd backEnd, string why) =>
        RecordAsync(delivery, backEnd, null, new TryResult { Outcome = AttemptOutcome.Away, Cause = why });

    /// <summary>Nothing was tried: a person must decide.</summary>
    public Task HoldAsync(ClaimedDelivery delivery, BackEnd backEnd, string why) =>
        RecordAsync(delivery, backEnd, null, new TryResult { Outcome = AttemptOutcome.NeedsOperator, Cause = why });

    /// <summary>What a failure means. One that the adapter did not classify counts as unknown once its creating call may have left.</summary>
    public static TryResult Classify(AdapterFailure failure, bool mayHaveLeft) => new()
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
    };
}
