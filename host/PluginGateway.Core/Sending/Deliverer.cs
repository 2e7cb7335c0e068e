using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Copies;

namespace PluginGateway.Core.Sending;

/// <summary>Delivers a claimed delivery of any kind, and tells whoever waits for it. It never throws.</summary>
internal sealed class Deliverer(
    ReportDeliverer reports, CopyDeliverer copies, UpdateDeliverer updates, FollowUpDeliverer followUps, DeliveryWaiters waiters, ILogger<Deliverer> log)
{
    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        try
        {
            await (delivery.Kind switch
            {
                DeliveryKind.Report => reports.DeliverAsync(delivery, backEnd),
                DeliveryKind.Copy => copies.DeliverAsync(delivery, backEnd),
                DeliveryKind.Update => updates.DeliverAsync(delivery, backEnd),
                DeliveryKind.FollowUp => followUps.DeliverAsync(delivery, backEnd),
                _ => throw new InvalidOperationException($"There is no delivery of kind {delivery.Kind}."),
            });
        }
#pragma warning disable CA1031 // Whatever went wrong here, the lease runs out and the delivery is recovered.
        catch (Exception e)
        {
            log.DeliveryFailed(delivery.Id, e);
        }
#pragma warning restore CA1031

        waiters.Signal(delivery.Id);
    }
}
