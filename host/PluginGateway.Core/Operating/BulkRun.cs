using System.Globalization;
using PluginGateway.Core.Auditing;
using PluginGateway.Core.Background;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Operating;

/// <summary>Runs bulk jobs, on one host at a time. Each report is processed by the same action as a single report.</summary>
internal sealed class BulkRun(
    BulkJobs jobs, ReportActions actions, Acknowledgements acknowledgements, Routes routes, CouncilDirectory councils,
    IDatabase database, LeaderLocks leaderLocks, TimeProvider time, ILogger<BulkRun> log)
    : PeriodicWork(time, log)
{
    private const int Batch = 20;

    protected override string Purpose => "Running bulk jobs";

    protected override TimeSpan Every => TimeSpan.FromSeconds(1);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (await jobs.NextAsync(stoppingToken) is { } job && await leaderLocks.TryHoldAsync("bulk", stoppingToken))
            await StepAsync(job, stoppingToken);
    }

    private async Task StepAsync(BulkJob job, CancellationToken ct)
    {
        var items = await jobs.OpenAsync(job.Id, Batch, ct);
        if (items.Count == 0)
        {
            await jobs.EndAsync(job.Id, ct);
            return;
        }

        var outcomes = new List<(long, ActionOutcome)>();
        foreach (var item in items)
            outcomes.Add((item.Number, await DoAsync(job, item.DeliveryId, ct)));
        await jobs.RecordAsync(job.Id, outcomes, ct);
    }

    private async Task<ActionOutcome> DoAsync(BulkJob job, long delivery, CancellationToken ct)
    {
        var id = DeliveryReference.Number(delivery);
        return Enum.TryParse<BulkAction>(job.Action, out var action)
            ? action switch
            {
                BulkAction.Resend => await actions.ResendAsync(id, evenIfDelivered: false, job.ByWhom, job.Why, ct),
                BulkAction.ResendAlthough => await actions.ResendAsync(id, evenIfDelivered: true, job.ByWhom, job.Why, ct),
                BulkAction.Cancel => await actions.CancelAsync(id, job.ByWhom, job.Why, ct),
                BulkAction.MarkSent => await actions.MarkSentAsync(id, null, councils.Current.FindBackEnd, job.ByWhom, job.Why, ct),
                _ => await WithTargetAsync(job, action, delivery, id, ct),
            }
            : ActionOutcome.No($"This version of the gateway does not support the action {job.Action}.");
    }

    private async Task<ActionOutcome> WithTargetAsync(BulkJob job, BulkAction action, long delivery, string id, CancellationToken ct)
    {
        if (await database.ReadAsync(db => DeliveryReference.OfDeliveryAsync(db, delivery), ct) is not { } target)
            return ActionOutcome.No($"There is no delivery {id}.");
        if (action == BulkAction.Acknowledge)
            return await acknowledgements.SetAsync(target, UnixTime.At(long.Parse(job.Argument, CultureInfo.InvariantCulture)), job.ByWhom, job.Why, ct);
        return councils.Current.FindBackEnd(target.Council, job.Argument) is { } backEnd && routes.Accepts(backEnd, target.Owner)
            ? await actions.RouteAsync(id, backEnd, job.ByWhom, job.Why, ct)
            : ActionOutcome.No($"{target.Name} cannot be sent through {job.Argument}.");
    }
}
