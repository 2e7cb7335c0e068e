using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Gets the plan of a report from the owner of its service. A planner that is unavailable, slow or faulty never prevents a report from being
/// accepted: the report then has no plan, and gets one before it is sent.
/// </summary>
internal sealed class Planner(AdapterCaller adapters, IOptions<SendingOptions> options, ILogger<Planner> log)
{
    private const int MaxConcurrent = 4;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _slots = new(StringComparer.Ordinal);

    public async Task<RequestPlan?> PlanAsync(BackEnd owner, ServiceRequest request, CancellationToken ct)
    {
        if (!adapters.Has<IRequestPlanner>(owner))
            return null;

        // If calls that hang occupy all slots, the next call would hang too.
        var slots = _slots.GetOrAdd(owner.Key, static _ => new SemaphoreSlim(MaxConcurrent));
        if (!slots.Wait(0, CancellationToken.None))
            return null;

        var planning = adapters.CallAsync<IRequestPlanner, RequestPlan>(
            owner, TimeSpan.FromMinutes(1), (a, _) => Task.FromResult(a.Plan(request)), late: null, CancellationToken.None);
        _ = planning.ContinueWith(_ => slots.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            switch (await planning.WaitAsync(options.Value.PlanWithin, ct))
            {
                case AdapterOutcome<RequestPlan>.Answered answered:
                    // The preview is only for explanations; it is not stored with every report.
                    return answered.Value with { Preview = null };
                case AdapterOutcome<RequestPlan>.Failed failed:
                    log.PlannerFailed(owner.Key, Redaction.Clean(failed.Failure.Detail, request.Reporter));
                    break;
            }
        }
        catch (TimeoutException)
        {
            log.PlannerFailed(owner.Key, "time-out");
        }

        return null;
    }
}
