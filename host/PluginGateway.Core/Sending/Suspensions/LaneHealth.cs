using PluginGateway.Core.Adapters;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending.Suspensions;

/// <summary>Whether a lane may send, and how much; and what the outcome of each call changes about that.</summary>
internal sealed class LaneHealth(AdapterCaller adapters, Breakers breakers, SuspensionStore suspensions, ClusterMembership hosts, ILogger<LaneHealth> log)
{
    public bool HasPlugin(BackEnd backEnd) => adapters.Describe(backEnd) is not null;

    /// <summary>Whether the back end's adapter can be called: its plug-in is loaded, its settings are valid, and it does not hang.</summary>
    public bool CanSend(BackEnd backEnd) => !adapters.CannotSend(backEnd);

    /// <summary>How many calls of a back end this host may have in flight.</summary>
    public int MaxCalls(BackEnd backEnd) => hosts.Share(adapters.LimitsOf(backEnd).ConcurrentCalls);

    /// <summary>What a lane may claim now.</summary>
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

    /// <summary>A probe was claimed: the breakers are read again before the next claim.</summary>
    public void InvalidateBreakers() => breakers.Invalidate();

    /// <summary>The back end answered, whatever it said: it works, and so do its settings.</summary>
    public async Task AnsweredAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        await breakers.AnsweredAsync(delivery.LaneId, backEnd.Key, CancellationToken.None);
        await suspensions.SettingsAcceptedAsync(backEnd, CancellationToken.None);
    }

    /// <summary>The back end did not answer, or with a failure of its own.</summary>
    public Task FailedAsync(ClaimedDelivery delivery, BackEnd backEnd, string cause) =>
        breakers.FailedAsync(delivery.LaneId, backEnd.Key, cause, CancellationToken.None);

    /// <summary>Closes or slows the lane before a failed attempt is recorded, because recording it makes the delivery free again.</summary>
    /// <returns>The result, with whether the lane's breaker is open.</returns>
    public async Task<TryResult> BeforeRecordingAsync(ClaimedDelivery delivery, BackEnd backEnd, TryResult result)
    {
        if (result.Outcome == AttemptOutcome.Misconfigured && await suspensions.SuspendForSettingsAsync(backEnd, result.Cause, CancellationToken.None))
            log.ClosedForSettings(backEnd.Key, result.Cause);
        if (result.SlowDown)
            await breakers.SlowDownAsync(delivery.LaneId, result.After, CancellationToken.None);
        return result with { WhileOpen = breakers.IsOpen(delivery.LaneId) };
    }

    /// <summary>A back end that refuses or defers a report works; one that does not answer may not.</summary>
    public Task AfterRecordingAsync(ClaimedDelivery delivery, BackEnd backEnd, TryResult result) => result.Outcome switch
    {
        AttemptOutcome.Transient or AttemptOutcome.Unknown when !result.SlowDown => FailedAsync(delivery, backEnd, result.Cause),
        AttemptOutcome.Rejected or AttemptOutcome.NotYet => AnsweredAsync(delivery, backEnd),
        _ => Task.CompletedTask,
    };
}

/// <summary>What a lane may claim at the moment.</summary>
internal sealed record LanePermit
{
    /// <summary>A pause or wrong settings cover the back end or some of its services; the claim decides what goes in spite of them.</summary>
    public required bool IsRestricted { get; init; }

    public required BreakerPermit Breaker { get; init; }

    /// <summary>Calls a minute on this host; null for no limit.</summary>
    public required int? PerMinute { get; init; }

    /// <summary>The adapter marks its creating call; if not, each attempt counts as marked from its start.</summary>
    public required bool MarksCommit { get; init; }
}
