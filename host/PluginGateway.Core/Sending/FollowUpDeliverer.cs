using PluginGateway.Contracts;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Sending;

/// <summary>Runs a step that an adapter scheduled when it created a case.</summary>
internal sealed class FollowUpDeliverer(IDatabase database, OutcomeRecorder recorder, AttemptRunner runner)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content)
    {
        if (await FollowUps.FindAsync(database, delivery.SubjectId, CancellationToken.None) is not { } followUp)
        {
            await runner.HoldAsync(delivery, backEnd, Deliverer.ContentGone);
            return;
        }

        await runner.RunAsync(new DeliveryCall<IFollowUpRunner, FollowUpResult>
        {
            Delivery = delivery,
            BackEnd = backEnd,
            Subject = content.Request.Id,
            Person = content.Request.Reporter,
            SendAsync = (adapter, attempt, ct) => adapter.RunAsync(followUp, content.Request, attempt, ct),
            RecordAsync = (_, generation) => recorder.DoneAsync(delivery, null, "", generation, CancellationToken.None),
            NotYetAfter = static result => result.RetryAfter,
            RepeatsAs = IdempotencySupport.Reports,
            WhenUncertain = "The council's system may have done this step already. Check there first, then resend it or mark it as sent.",
        });
    }
}
