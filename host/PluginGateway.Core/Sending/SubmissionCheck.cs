using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Suspensions;

namespace PluginGateway.Core.Sending;

/// <summary>Queries a back end for a report that may have been delivered, and records the result.</summary>
internal sealed class SubmissionCheck(DeliveryStore store, OutcomeRecorder recorder, AttemptRunner runner, AdapterCaller adapters, LaneHealth health)
{
    public async Task RunAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content)
    {
        var attempt = new DeliveryAttempt(store, delivery, content.Request.Id);
        var outcome = await adapters.CallAsync<ISubmissionFinder, LookupResult>(
            backEnd, runner.Deadline(backEnd), (finder, ct) => finder.FindAsync(content.Request, attempt, ct), late: null, CancellationToken.None);
        var (finding, generation) = outcome is AdapterOutcome<LookupResult>.Answered answered ? (answered.Value, answered.Generation) : (null, 0);
        // The case was found by a reference that two reports share, and belongs to the other report.
        if (finding is { Outcome: LookupOutcome.Found, Submission.BackEndId: { Length: > 0 } found }
            && await store.IsOfAnotherAsync(delivery, backEnd, found.Trim(), CancellationToken.None))
            finding = LookupResult.Absent;

        if (finding is { Outcome: LookupOutcome.Found, Submission: { } submission })
        {
            await runner.CreatedAsync(delivery, backEnd, content, submission, generation);
            await health.RespondedAsync(delivery, backEnd);
            return;
        }

        if (outcome is AdapterOutcome<LookupResult>.Failed { Failure: var failure })
            await health.FailedAsync(delivery, backEnd, Redaction.Clean(failure.Message, content.Request.Reporter));
        else if (finding is not null)
            await health.RespondedAsync(delivery, backEnd);
        var cause = finding?.Outcome == LookupOutcome.Absent
            ? "The council's system was checked and does not have this report."
            : "The gateway could not determine whether the council's system has this report.";
        await recorder.QueriedAsync(delivery, finding?.Outcome, cause, generation, CancellationToken.None);
    }
}
