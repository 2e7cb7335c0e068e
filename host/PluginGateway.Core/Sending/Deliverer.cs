using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Closures;
using PluginGateway.Core.Sending.Copies;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Delivers one claimed delivery: finds out what may be done, calls the adapter, records what came of it.</summary>
internal sealed class Deliverer(
    IDatabase database, DeliveryStore store, OutcomeRecorder recorder, FailureRecorder failures, AdapterCaller adapters, Planner planner, UpdateDeliverer updates,
    CopyDeliverer copies, LaneHealth health, HourCounts hours, DeliveryWaiters waiters, CouncilDirectory councils, IOptions<SendingOptions> options, ILogger<Deliverer> log)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        try
        {
            switch (delivery.Kind)
            {
                case DeliveryKind.Report:
                    await DeliverReportAsync(delivery, backEnd);
                    break;
                case DeliveryKind.Copy:
                    await copies.DeliverAsync(delivery, backEnd);
                    break;
                case DeliveryKind.Update:
                    await updates.DeliverAsync(delivery, backEnd);
                    break;
                case DeliveryKind.FollowUp:
                    await RunFollowUpAsync(delivery, backEnd);
                    break;
            }
        }
#pragma warning disable CA1031 // The dispatcher's loop: whatever went wrong here, the lease runs out and the delivery is found again.
        catch (Exception e)
        {
            log.DeliveryFailed(delivery.Id, e);
        }
#pragma warning restore CA1031

        waiters.Signal(delivery.Id);
    }

    private async Task DeliverReportAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        var content = await store.ContentAsync(delivery, CancellationToken.None);
        if (content is null)
        {
            await failures.HoldAsync(delivery, backEnd, "The report's content is no longer kept.");
            return;
        }

        content = await PlanAsync(delivery, content);
        var attempt = new DeliveryAttempt(store, delivery, content.Request.Id);
        if (delivery.Doubt && !await MaySendAgainAsync(delivery, backEnd, content, attempt))
            return;

        var outcome = await adapters.CallAsync<IRequestSender, Submission>(
            backEnd,
            backEnd.AttemptWithin ?? options.Value.AttemptWithin,
            (a, ct) => a.SubmitAsync(content.Request, attempt, ct),
            late => LateAsync(delivery, backEnd, content, late),
            CancellationToken.None);
        switch (outcome)
        {
            case AdapterOutcome<Submission>.Answered answered:
                await CreatedAsync(delivery, backEnd, content, answered.Value, answered.Generation);
                break;
            case AdapterOutcome<Submission>.Failed failed:
                var result = FailureRecorder.Classify(failed.Failure, attempt.Stamped || adapters.Describe(backEnd)?.Stamps != true);
                if (result.Outcome == AttemptOutcome.Unknown && adapters.Has<ISubmissionFinder>(backEnd))
                    result = result with { After = options.Value.FinderFirst };
                await failures.RecordAsync(delivery, backEnd, content.Request.Reporter, result, failed.Failure.Detail, failed.Generation);
                break;
            case AdapterOutcome<Submission>.Away { Reason: AwayReason.NotSupported } unable:
                await failures.HoldAsync(delivery, backEnd, unable.Message);
                break;
            case AdapterOutcome<Submission>.Away away:
                await failures.AwayAsync(delivery, backEnd, away.Message);
                break;
        }
    }

    /// <summary>
    /// An earlier try may have arrived. Where the back end can be asked, it is asked; where it refuses doubles, the report is simply sent
    /// again; else an operator looks first.
    /// </summary>
    /// <returns>Whether the report may be sent now.</returns>
    private async Task<bool> MaySendAgainAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, DeliveryAttempt attempt)
    {
        if (!adapters.Has<ISubmissionFinder>(backEnd))
        {
            if ((backEnd.Repeat ?? adapters.Describe(backEnd)?.Repeat) is RepeatSafety.Reports or RepeatSafety.Both)
                return true;

            await failures.HoldAsync(delivery, backEnd, "The council's system may have this report: look there before it is sent again.");
            return false;
        }

        var outcome = await adapters.CallAsync<ISubmissionFinder, Finding>(
            backEnd, backEnd.AttemptWithin ?? options.Value.AttemptWithin, (a, ct) => a.FindAsync(content.Request, attempt, ct), late: null, CancellationToken.None);
        var (finding, generation) = outcome is AdapterOutcome<Finding>.Answered answered ? (answered.Value, answered.Generation) : (null, 0);
        // The same number of another client's report: its case is not this one's.
        if (finding is { Result: FindingResult.Found, Submission.BackEndId: { Length: > 0 } found } && await store.IsOfAnotherAsync(delivery, backEnd, found.Trim(), CancellationToken.None))
            finding = Finding.Absent;
        if (finding is { Result: FindingResult.Found, Submission: { } submission })
        {
            await CreatedAsync(delivery, backEnd, content, submission, generation);
            return false;
        }

        if (outcome is AdapterOutcome<Finding>.Failed { Failure: var failure })
            await health.FailedAsync(delivery, backEnd, Redaction.Clean(failure.Message, content.Request.Reporter));
        else if (finding is not null)
            await health.AnsweredAsync(delivery, backEnd);
        await recorder.AskedAsync(
            delivery, finding?.Result,
            finding?.Result == FindingResult.Absent ? "The council's system does not have it." : "It is not known whether the council's system has it.",
            generation, CancellationToken.None);
        return false;
    }

    private async Task<DeliveryContent> PlanAsync(ClaimedDelivery delivery, DeliveryContent content)
    {
        if (content.Request.Plan is not null
            || councils.Current.FindBackEnd(content.Council, content.Owner) is not { } owner
            || await planner.PlanAsync(owner, content.Request, CancellationToken.None) is not { } plan)
            return content;

        await store.SavePlanAsync(delivery, plan, await copies.ForPlanAsync(content, plan), CancellationToken.None);
        return content with { Request = content.Request with { Plan = plan } };
    }

    private async Task CreatedAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, Submission submission, int generation)
    {
        var clean = submission with { BackEndId = submission.BackEndId?.Trim(), FollowUps = submission.FollowUps ?? [] };
        var id = await recorder.CreatedAsync(
            delivery, backEnd, content, clean, Redaction.Clean(submission.Excerpt ?? "", content.Request.Reporter), generation, CancellationToken.None);
        log.Sent(content.Request.Id, id, backEnd.Key, delivery.Tries);
        hours.Sent(delivery);
        await health.AnsweredAsync(delivery, backEnd);
    }

    private async Task LateAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content, AdapterOutcome<Submission> outcome)
    {
        if (outcome is AdapterOutcome<Submission>.Answered answered)
            await CreatedAsync(delivery, backEnd, content, answered.Value, answered.Generation);
    }

    private async Task RunFollowUpAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        var content = await store.ContentAsync(delivery, CancellationToken.None);
        var job = await FollowUps.FindAsync(database, delivery.SubjectId, CancellationToken.None);
        if (content is null || job is null)
        {
            await failures.HoldAsync(delivery, backEnd, "The report's content is no longer kept.");
            return;
        }

        if (delivery.Doubt && (backEnd.Repeat ?? adapters.Describe(backEnd)?.Repeat) is not (RepeatSafety.Reports or RepeatSafety.Both))
        {
            await failures.HoldAsync(delivery, backEnd, "This step may have been done: look at the council's system before it is done again.");
            return;
        }

        var attempt = new DeliveryAttempt(store, delivery, content.Request.Id);
        var outcome = await adapters.CallAsync<IFollowUpRunner, FollowUpResult>(
            backEnd, backEnd.AttemptWithin ?? options.Value.AttemptWithin, (a, ct) => a.RunAsync(job, content.Request, attempt, ct), late: null, CancellationToken.None);
        switch (outcome)
        {
            case AdapterOutcome<FollowUpResult>.Answered { Value.NotYetAfter: { } after } notYet:
                await failures.RecordAsync(delivery, backEnd, null, new TryResult { Outcome = AttemptOutcome.NotYet, After = after }, "", notYet.Generation);
                break;
            case AdapterOutcome<FollowUpResult>.Answered done:
                await recorder.DoneAsync(delivery, null, "", done.Generation, CancellationToken.None);
                await health.AnsweredAsync(delivery, backEnd);
                break;
            case AdapterOutcome<FollowUpResult>.Failed failed:
                await failures.RecordAsync(delivery, backEnd, content.Request.Reporter, FailureRecorder.Classify(failed.Failure, attempt.Stamped || adapters.Describe(backEnd)?.Stamps != true), failed.Failure.Detail, failed.Generation);
                break;
            case AdapterOutcome<FollowUpResult>.Away { Reason: AwayReason.NotSupported } unable:
                await failures.HoldAsync(delivery, backEnd, unable.Message);
                break;
            case AdapterOutcome<FollowUpResult>.Away away:
                await failures.AwayAsync(delivery, backEnd, away.Message);
                break;
        }
    }
}
