using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Copies;

namespace PluginGateway.Core.Sending;

/// <summary>Makes the attempt of a claimed delivery of any kind and signals the requests that wait for it. Never throws.</summary>
internal sealed class Deliverer(
    DeliveryStore store, AttemptRunner runner, ReportDeliverer reports, CopyDeliverer copies, UpdateDeliverer updates, FollowUpDeliverer followUps,
    DeliveryWaiters waiters, ILogger<Deliverer> log)
{
    /// <summary>The cause of a delivery that is held because its report's content has been deleted.</summary>
    public const string ContentGone = "The report's content was deleted after its retention period, so it cannot be sent.";

    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        try
        {
            await (delivery.Kind switch
            {
                DeliveryKind.Report => WithContentAsync(delivery, backEnd, reports.DeliverAsync),
                DeliveryKind.Copy => WithContentAsync(delivery, backEnd, copies.DeliverAsync),
                DeliveryKind.Update => updates.DeliverAsync(delivery, backEnd),
                DeliveryKind.FollowUp => WithContentAsync(delivery, backEnd, followUps.DeliverAsync),
                _ => throw new InvalidOperationException($"Unknown delivery kind: {delivery.Kind}."),
            });
        }
#pragma warning disable CA1031 // Whatever fails here, the lease expires and the delivery is recovered.
        catch (Exception e)
        {
            log.DeliveryFailed(delivery.Id, e);
        }
#pragma warning restore CA1031

        waiters.Signal(delivery.Id);
    }

    private async Task WithContentAsync(ClaimedDelivery delivery, BackEnd backEnd, Func<ClaimedDelivery, BackEnd, DeliveryContent, Task> deliverAsync)
    {
        if (await store.ContentAsync(delivery, CancellationToken.None) is { } content)
            await deliverAsync(delivery, backEnd, content);
        else
            await runner.HoldAsync(delivery, backEnd, ContentGone);
    }
}
