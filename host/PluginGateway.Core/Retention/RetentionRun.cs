using System.Data.Common;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>Deletes data whose retention period has ended, or counts what would be deleted.</summary>
internal sealed class RetentionRun(IEnumerable<ISweep> sweeps, IOptions<RetentionOptions> options, TimeProvider time)
{
    /// <summary>Runs all sweeps in order. A sweep that fails does not stop the others.</summary>
    public async Task<IReadOnlyList<Cleared>> RunAsync(bool remove, CancellationToken ct)
    {
        var all = new List<Cleared>();
        foreach (var sweep in sweeps)
        {
            var period = sweep.RetentionPeriod(options.Value);
            try
            {
                all.Add(new Cleared(sweep.Name, period is { } span ? await sweep.RunAsync(time.NowMs() - span.Ms(), remove, ct) : 0, period, null));
            }
            catch (Exception e) when (!ct.IsCancellationRequested && (DatabaseErrors.IsDatabaseError(e) || e is DbException))
            {
                all.Add(new Cleared(sweep.Name, 0, period, e));
            }
        }

        return all;
    }
}

/// <summary>The result of a sweep.</summary>
/// <param name="What">The name of the data, in the plural.</param>
/// <param name="Count">The number of rows that were, or would be, deleted.</param>
/// <param name="RetentionPeriod">How long the data is kept; null if it is never deleted.</param>
/// <param name="Failure">The error that stopped the sweep; null if it completed.</param>
internal sealed record Cleared(string What, long Count, TimeSpan? RetentionPeriod, Exception? Failure);

/// <summary>Runs the sweeps once per night on one of the hosts. After a failure, or when no host was running at that time, it runs later.</summary>
internal sealed class RetentionJob(
    RetentionRun run, LeaderLocks leaderLocks, IDatabase database, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionJob> log)
    : PeriodicWork(time, log)
{
    private const string Checkpoint = "run";

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AfterIncomplete = TimeSpan.FromHours(1);

    private TimeSpan _minWait;

    protected override string Purpose => "Deleting expired data";

    protected override TimeSpan FailureDelay => RetryDelay;

    protected override async Task WaitAsync(CancellationToken stoppingToken)
    {
        var wait = await DueAsync(stoppingToken) - Time.GetUtcNow();
        wait = wait > TimeSpan.Zero ? wait : RetryDelay;
        await Task.Delay(wait > _minWait ? wait : _minWait, Time, stoppingToken);
        _minWait = TimeSpan.Zero;
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        // Another host may have run the sweeps in the meantime.
        if (await DueAsync(stoppingToken) > Time.GetUtcNow() || !await leaderLocks.TryHoldAsync("retention", stoppingToken))
            return;

        _minWait = AfterIncomplete;
        if (await ClearAsync(stoppingToken))
            _minWait = TimeSpan.Zero;
    }

    /// <returns>Whether all sweeps completed.</returns>
    private async Task<bool> ClearAsync(CancellationToken ct)
    {
        var all = await run.RunAsync(remove: true, ct);
        log.Cleared(string.Join(", ", all.Where(c => c.Count > 0).Select(c => $"{c.What} ({c.Count})")) is { Length: > 0 } what ? what : "nothing");
        foreach (var failed in all.Where(c => c.Failure is not null))
            log.ClearingFailed(failed.What, failed.Failure!);
        if (all.Any(c => c.Failure is not null))
            return false;

        await database.WriteAsync(db => Checkpoints.SetAsync(db, Checkpoint, Time.NowMs()), ct);
        return true;
    }

    /// <summary>Returns the first scheduled time after the last run, or after the first start of the gateway.</summary>
    private async Task<DateTimeOffset> DueAsync(CancellationToken ct)
    {
        var last = await database.ReadAsync(db => Checkpoints.FindAsync(db, Checkpoint), ct);
        if (last is null)
        {
            last = Time.NowMs();
            await database.WriteAsync(db => Checkpoints.SetAsync(db, Checkpoint, last.Value), ct);
        }

        var at = new DateTimeOffset(UnixTime.At(last.Value).Date + options.Value.At.ToTimeSpan(), TimeSpan.Zero);
        return at > UnixTime.At(last.Value) ? at : at.AddDays(1);
    }
}

internal static partial class RetentionLog
{
    [LoggerMessage(6100, LogLevel.Information, "Deleted because the retention period has ended: {What}.")]
    public static partial void Cleared(this ILogger log, string what);

    [LoggerMessage(6101, LogLevel.Error, "Deleting {What} failed; retrying in one hour.")]
    public static partial void ClearingFailed(this ILogger log, string what, Exception e);
}
