using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Sending;

/// <summary>Delivers a report to the back end that it is routed to.</summary>
internal sealed class ReportDeliverer(
    DeliveryStore store, AttemptRunner runner, SubmissionCheck check, Planner planner, CouncilDirectory councils, AdapterCaller adapters)
{
    /// <summary>The cause of a report that may have been delivered, if only an operator can find out.</summary>
    public const string WhenUncertain = "The council's system may already have this report. Check there first, then resend it or mark it as sent.";

    public async Task DeliverAsync(ClaimedDelivery delivery, BackEnd backEnd, DeliveryContent content)
    {
        content = await PlanAsync(delivery, content);
        if (delivery.MayHaveBeenDelivered && !runner.IsContinued(delivery, backEnd) && adapters.Has<ISubmissionFinder>(backEnd))
        {
            await check.RunAsync(delivery, backEnd, content);
            return;
        }

        await runner.RunAsync(new DeliveryCall<IRequestSender, Submission>
        {
            Delivery = delivery,
            BackEnd = backEnd,
            Subject = content.Request.Id,
            Person = content.Request.Reporter,
            SendAsync = (sender, attempt, ct) => sender.SubmitAsync(content.Request, attempt, ct),
            RecordAsync = (submission, generation) => runner.CreatedAsync(delivery, backEnd, content, submission, generation),
            RecordsLate = true,
            RepeatsAs = IdempotencySupport.Reports,
            WhenUncertain = WhenUncertain,
            CanBeFound = true,
        });
    }

    /// <summary>Gets the plan of a report that had none when it was accepted.</summary>
    private async Task<DeliveryContent> PlanAsync(ClaimedDelivery delivery, DeliveryContent content)
    {
        if (content.Request.Plan is not null || councils.Current.Find(content.Council) is not { } council
            || !council.BackEnds.TryGetValue(content.Owner, out var owner)
            || await planner.PlanAsync(owner, content.Request, CancellationToken.None) is not { } plan)
            return content;

        await store.SavePlanAsync(delivery, plan, council.Copies.For(content.ServiceCode, content.Request, plan), CancellationToken.None);
        return content with { Request = content.Request with { Plan = plan } };
    }
}
