using PluginGateway.Contracts;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Sending.Copies;

/// <summary>Delivers a copy of a report to its mailbox. The outcome does not affect the report's ids.</summary>
internal sealed class CopyDeliverer(OutcomeRecorder recorder, AttemptRunner runner)
{
    public Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content) =>
        runner.RunAsync(new DeliveryCall<IRequestSender, Submission>
        {
            Delivery = delivery,
            BackEnd = backEnd,
            Subject = content.Request.Id,
            Person = content.Request.Reporter,
            SendAsync = (sender, attempt, ct) => sender.SubmitAsync(content.Request, attempt, ct),
            RecordAsync = (_, generation) => recorder.DoneAsync(delivery, null, "", generation, CancellationToken.None),
            // A mailbox recognises a repeat by its Message-ID, so a copy that may have been delivered can be sent again.
            RepeatsAs = null,
        });
}
