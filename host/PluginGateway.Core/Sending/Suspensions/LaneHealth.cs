using PluginGateway.Core.Adapters;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>Decides whether and how much a lane may send, and updates the state behind that decision after each call.</summary>
internal sealed class LaneHealth(AdapterCaller adapters, Breakers breakers, SuspensionStore suspensions, ClusterMembership hosts, ILogger<LaneHealth> log)
{
    public bool HasPlugin(BackEnd backEnd) => adapters.Describe(backEnd) is not null;

    /// <summary>Whether the back end's adapter can be called: its plug-in is loaded, its settings are valid, and its calls do not hang.</summary>
    public bool CanSend(BackEnd backEnd) => !adapters.CannotSend(backEnd);

    /// <summary>Returns how many calls to a back end this host may have in flight.</summary>
    public int MaxCalls(BackEnd backEnd) => hosts.Share(adapters.LimitsOf(backEnd).ConcurrentCalls);

    /// <summary>Returns what a lane may claim now.</summary>
    public async ValueTask<LanePermit> PermitAsync(long laneId, BackEnd backEnd, CancellationToken ct) => new()
    {
        IsRestricted = (await suspensions.ActiveAsync(ct)).Any(c => c.AppliesTo(backEnd)),
        Breaker = await breakers.PermitAsync(laneId, ct),
        PerMinute = adapters.LimitsOf(backEnd).CallsPerMinute is { } rate ? hosts.Share(rate) : null,
        MarksCommit = adapters.Describe(backEnd)?.MarksCommit == true,
    };

    /// <summary>Whether a report of a service would not be sent now, so that its client need not wait.</summary>
    public async ValueTask<bool> IsSuspendedAsync(long laneId, BackEnd backEnd, string service, CancellationToken ct) =>
        !CanSend(backEnd) || await suspensions.IsSuspendedAsync(backEnd, service, ct) || await breakers.PermitAsync(laneId, ct) != BreakerPermit.Free;

    /// <summary>Makes the next claim read the breakers again, because a probe was claimed.</summary>
    public void InvalidateBreakers() => breakers.Invalidate();

    /// <summary>Records that the back end responded, regardless of the response: it works.</summary>
    public Task RespondedAsync(ClaimedDelivery delivery, BackEnd backEnd) => breakers.AnsweredAsync(delivery.LaneId, backEnd.Key, CancellationToken.None);

    /// <summary>Records that the back end gave a clear answer to a delivery: it works and, if the creating call was made, its settings are valid.</summary>
    public async Task AnsweredAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        await RespondedAsync(delivery, backEnd);
        if (delivery.CreatingCallMade)
            await suspensions.SettingsAcceptedAsync(backEnd, delivery.ClaimedAt, delivery.Kind == DeliveryKind.Report, CancellationToken.None);
    }

    /// <summary>Records that the back end did not respond, or that it failed.</summary>
    public Task FailedAsync(ClaimedDelivery delivery, BackEnd backEnd, string cause) =>
        breakers.FailedAsync(delivery.LaneId, backEnd.Key, cause, CancellationToken.None);

    /// <summary>Suspends or slows down the lane before a failed attempt is recorded, because the delivery can be claimed again once it is recorded.</summary>
    /// <returns>The result, which also contains whether the lane's breaker is open.</returns>
    public async Task<AttemptResult> BeforeRecordingAsync(ClaimedDelivery delivery, BackEnd backEnd, AttemptResult result)
    {
        SuspensionKind? kind = result switch
        {
            { Outcome: AttemptOutcome.Misconfigured } => SuspensionKind.Settings,
            { CanOnlyBeHeld: true } => SuspensionKind.UnclearAnswers,
            // Updates often have an address of their own, which says nothing about that of reports.
            { StopSending: true } when delivery.Kind == DeliveryKind.Report => SuspensionKind.Settings,
            _ => null,
        };
        if (kind is { } suspends && await suspensions.SuspendForSettingsAsync(backEnd, suspends, result.Cause, CancellationToken.None))
        {
            if (suspends == SuspensionKind.Settings)
                log.SuspendedForSettings(backEnd.Key, result.Cause);
            else
                log.SuspendedForUnclearAnswers(backEnd.Key, result.Cause);
        }

        if (result.SlowDown)
            await breakers.SlowDownAsync(delivery.LaneId, result.After, CancellationToken.None);
        return result with { WhileOpen = breakers.IsOpen(delivery.LaneId) };
    }

    /// <summary>Updates the breaker. A back end that rejects or defers a report works; one that does not respond may have failed.</summary>
    public Task AfterRecordingAsync(ClaimedDelivery delivery, BackEnd backEnd, AttemptResult result) => result.Outcome switch
    {
        AttemptOutcome.Transient or AttemptOutcome.Unknown when !result.SlowDown => FailedAsync(delivery, backEnd, result.Cause),
        AttemptOutcome.Rejected or AttemptOutcome.NotYet => AnsweredAsync(delivery, backEnd),
        _ => Task.CompletedTask,
    };
}

/// <summary>What a lane may claim now.</summary>
internal sealed record LanePermit
{
    /// <summary>Whether a suspension applies to the back end or to some of its services. The claim decides what may still be sent.</summary>
    public required bool IsRestricted { get; init; }

    public required BreakerPermit Breaker { get; init; }

    /// <summary>The calls per minute of this host; null for no limit.</summary>
    public required int? PerMinute { get; init; }

    /// <summary>Whether the adapter marks its creating calls. If not, each attempt counts as marked from its start.</summary>
    public required bool MarksCommit { get; init; }
}
