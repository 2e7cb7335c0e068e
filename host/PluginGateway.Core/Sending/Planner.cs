using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PluginGateway.Contracts;
using PluginGateway.Core.Adapters;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending;

/// <summary>
/// Asks the owner of a service what a report means. It never makes an accept fail: a planner that is away, slow or broken gives no plan,
/// and the plan is made before the report is sent.
/// </summary>
internal sealed class Planner(AdapterCaller adapters, IOptions<SendingOptions> options, ILogger<Planner> log)
{
    private const int MaxConcurrent = 4;

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _places = new(StringComparer.Ordinal);

    public async Task<RequestPlan?> PlanAsync(BackEnd owner, ServiceRequest request, CancellationToken ct)
    {
        if (!adapters.Has<IRequestPlanner>(owner))
            return null;

        // While that many hang, the next one would hang too.
        var places = _places.GetOrAdd(owner.Key, static _ => new SemaphoreSlim(MaxConcurrent));
        if (!places.Wait(0, CancellationToken.None))
            return null;

        var planning = adapters.CallAsync<IRequestPlanner, RequestPlan>(
            owner, TimeSpan.FromMinutes(1), (a, _) => Task.FromResult(a.Plan(request)), late: null, CancellationToken.None);
        _ = planning.ContinueWith(_ => places.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            switch (await planning.WaitAsync(options.Value.PlanWithin, ct))
            {
                case AdapterOutcome<RequestPlan>.Answered answered:
                    // What would be sent is for explaining, not for keeping beside every report.
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
