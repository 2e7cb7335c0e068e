using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;
using PluginGateway.Core.Sending.Copies;

namespace PluginGateway.Core.Sending;

/// <summary>Delivers a claimed delivery of any kind, and tells whoever waits for it. It never throws.</summary>
internal sealed class Deliverer(
    DeliveryStore store, AttemptRunner runner, ReportDeliverer reports, CopyDeliverer copies, UpdateDeliverer updates, FollowUpDeliverer followUps,
    DeliveryWaiters waiters, ILogger<Deliverer> log)
{
    /// <summary>Why a delivery is held whose report was cleared.</summary>
    public const string ContentGone = "The report's content is no longer kept.";

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

    private async Task WithContentAsync(ClaimedDelivery delivery, BackEnd backEnd, Func<ClaimedDelivery, BackEnd, DeliveryContent, Task> deliverAsync)
    {
        if (await store.ContentAsync(delivery, CancellationToken.None) is { } content)
            await deliverAsync(delivery, backEnd, content);
        else
            await runner.HoldAsync(delivery, backEnd, ContentGone);
    }
}
