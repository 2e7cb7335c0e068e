using System.Data.Common;
using Microsoft.Extensions.Options;
using PluginGateway.Core.Background;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Retention;

/// <summary>Clears away what has been kept long enough, or says what would be.</summary>
internal sealed class RetentionRun(IEnumerable<ISweep> sweeps, IOptions<RetentionOptions> options, TimeProvider time)
{
    /// <summary>One kind of thing after the other: one that fails does not keep the others.</summary>
    public async Task<IReadOnlyList<Cleared>> RunAsync(bool remove, CancellationToken ct)
    {
        var all = new List<Cleared>();
        foreach (var sweep in sweeps)
        {
            var kept = sweep.RetentionPeriod(options.Value);
            try
            {
                all.Add(new Cleared(sweep.Name, kept is { } span ? await sweep.RunAsync(time.NowMs() - span.Ms(), remove, ct) : 0, kept, null));
            }
            catch (Exception e) when (!ct.IsCancellationRequested && (DatabaseErrors.IsDatabaseError(e) || e is DbException))
            {
                all.Add(new Cleared(sweep.Name, 0, kept, e));
            }
        }

        return all;
    }
}

/// <summary>How much went, or would go.</summary>
/// <param name="What">What it is, a plural.</param>
/// <param name="Count">How many.</param>
/// <param name="RetentionPeriod">How long it is kept; null for ever.</param>
/// <param name="Failure">What ended it before its end.</param>
internal sealed record Cleared(string What, long Count, TimeSpan? RetentionPeriod, Exception? Failure);

/// <summary>Once a night, on one of the hosts; when nobody was there at that hour, or something failed, later.</summary>
internal sealed class RetentionJob(
    RetentionRun run, LeaderLocks duties, IDatabase database, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionJob> log)
    : PeriodicWork(time, log)
{
    private const string Checkpoint = "run";

    private static readonly TimeSpan Later = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan AfterIncomplete = TimeSpan.FromHours(1);

    private TimeSpan _atLeast;

    protected override string Purpose => "Clearing away what was kept long enough";

    protected override TimeSpan AfterFailure => Later;

    protected override async Task WaitAsync(CancellationToken stoppingToken)
    {
        var wait = await DueAsync(stoppingToken) - Time.GetUtcNow();
        wait = wait > TimeSpan.Zero ? wait : Later;
        await Task.Delay(wait > _atLeast ? wait : _atLeast, Time, stoppingToken);
        _atLeast = TimeSpan.Zero;
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        // Another host may have done it meanwhile.
        if (await DueAsync(stoppingToken) > Time.GetUtcNow() || !await duties.TryHoldAsync("retention", stoppingToken))
            return;

        _atLeast = AfterIncomplete;
        if (await ClearAsync(stoppingToken))
            _atLeast = TimeSpan.Zero;
    }

    /// <returns>Whether all of it was done.</returns>
    private async Task<bool> ClearAsync(CancellationToken ct)
    {
        var all = await run.RunAsync(remove: true, ct);
        log.Cleared(string.Join(", ", all.Where(c => c.Count > 0).Select(c => $"{c.Count} {c.What}")) is { Length: > 0 } what ? what : "nothing");
        foreach (var failed in all.Where(c => c.Failure is not null))
            log.ClearingFailed(failed.What, failed.Failure!);
        if (all.Any(c => c.Failure is not null))
            return false;

        await database.WriteAsync(db => Checkpoints.SetAsync(db, Checkpoint, Time.NowMs()), ct);
        return true;
    }

    /// <summary>The first such hour after it was done last; the first of all after the gateway was there.</summary>
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
    [LoggerMessage(1500, LogLevel.Information, "Cleared, because it was kept long enough: {What}.")]
    public static partial void Cleared(this ILogger log, string what);

    [LoggerMessage(1501, LogLevel.Error, "Clearing away {What} was not finished; it goes on in an hour.")]
    public static partial void ClearingFailed(this ILogger log, string what, Exception e);
}
