using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Sending.Closures;

namespace PluginGateway.Core.Sending.Copies;

/// <summary>Delivers a copy to its mailbox: a delivery like any other, whose outcome settles nothing about the report's ids.</summary>
internal sealed class CopyDeliverer(
    DeliveryStore store, OutcomeRecorder recorder, FailureRecorder failures, LaneHealth health, AdapterCaller adapters, LaneIds lanes,
    CouncilDirectory councils, IOptions<SendingOptions> options)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        var content = await store.ContentAsync(delivery, CancellationToken.None);
        if (content is null)
        {
            await failures.HoldAsync(delivery, backEnd, "The report's content is no longer kept.");
            return;
        }

        var attempt = new DeliveryAttempt(store, delivery, content.Request.Id);
        var outcome = await adapters.CallAsync<IRequestSender, Submission>(
            backEnd, options.Value.AttemptWithin, (a, ct) => a.SubmitAsync(content.Request, attempt, ct), late: null, CancellationToken.None);
        switch (outcome)
        {
            case AdapterOutcome<Submission>.Answered answered:
                await recorder.DoneAsync(delivery, null, "", answered.Generation, CancellationToken.None);
                await health.AnsweredAsync(delivery, backEnd);
                break;
            case AdapterOutcome<Submission>.Failed failed:
                // A mailbox sorts out doubles by their Message-ID, so a copy is simply sent again.
                await failures.RecordAsync(
                    delivery, backEnd, content.Request.Reporter, FailureRecorder.Classify(failed.Failure, mayHaveLeft: false), failed.Failure.Detail, failed.Generation);
                break;
            case AdapterOutcome<Submission>.Away away:
                await failures.AwayAsync(delivery, backEnd, away.Message);
                break;
        }
    }

    /// <summary>The copies of a report that was planned only now: rules over its plan can be decided.</summary>
    public async Task<IReadOnlyList<CopyDestination>> ForPlanAsync(DeliveryContent content, RequestPlan plan) => councils.Current.Find(content.Council) is { } council
        ? await lanes.CopiesAsync(council.Copies.For(content.ServiceCode, content.Request, plan), CancellationToken.None)
        : [];
}
