using PluginGateway.Core.Councils;
using PluginGateway.Core.Reports;

namespace PluginGateway.Core.Sending.Closures;

/// <summary>What the outcome of a call tells about its back end.</summary>
internal sealed class LaneHealth(Breakers breakers, ClosureTable closures, ILogger<LaneHealth> log)
{
    /// <summary>It answered, whatever it said: it works, and so do its settings.</summary>
    public async Task AnsweredAsync(ClaimedDelivery delivery, BackEnd backEnd)
    {
        await breakers.AnsweredAsync(delivery.LaneId, backEnd.Key, CancellationToken.None);
        await closures.SettingsWorkAsync(backEnd, CancellationToken.None);
    }

    /// <summary>It did not answer, or with a failure of its own.</summary>
    public Task FailedAsync(ClaimedDelivery delivery, BackEnd backEnd, string cause) => breakers.FailedAsync(delivery.LaneId, backEnd.Key, cause, CancellationToken.None);

    /// <summary>What must hold before a failed try is recorded, because the delivery is free again then.</summary>
    /// <returns>The result, with what the state of the lane makes of it.</returns>
    public async Task<TryResult> BeforeRecordingAsync(ClaimedDelivery delivery, BackEnd backEnd, TryResult result)
    {
        if (result.Outcome == AttemptOutcome.Misconfigured && await closures.CloseForSettingsAsync(backEnd, result.Cause, CancellationToken.None))
            log.ClosedForSettings(backEnd.Key, result.Cause);
        if (result.SlowDown)
            await breakers.SlowDownAsync(delivery.LaneId, result.After, CancellationToken.None);
        return result with { WhileOpen = breakers.IsOpen(delivery.LaneId) };
    }

    /// <summary>A back end that says no, or later, works; one that has no answer does not.</summary>
    public Task AfterRecordingAsync(ClaimedDelivery delivery, BackEnd backEnd, TryResult result) => result.Outcome switch
    {
        AttemptOutcome.Transient or AttemptOutcome.Unknown when !result.SlowDown => FailedAsync(delivery, backEnd, result.Cause),
        AttemptOutcome.Rejected or AttemptOutcome.NotYet => AnsweredAsync(delivery, backEnd),
        _ => Task.CompletedTask,
    };
}
