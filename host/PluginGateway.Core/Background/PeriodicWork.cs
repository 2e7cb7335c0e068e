using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Background;

/// <summary>
/// A background loop that runs from when the gateway has started until it stops. An exception in a run is logged, at most once per minute,
/// and the loop continues: no failure of the database, a file or a council's system may stop the gateway.
/// </summary>
internal abstract class PeriodicWork(TimeProvider time, ILogger log) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private PeriodicTimer? _timer;
    private DateTimeOffset _loggedAt;
    private long _failuresSinceLog;
    private long _consecutiveFailures;
    private long _succeeded;
    private long _failed;

    /// <summary>The number of runs that succeeded.</summary>
    public long SucceededRuns => Interlocked.Read(ref _succeeded);

    /// <summary>The number of runs and waits that ended with an exception.</summary>
    public long FailedRuns => Interlocked.Read(ref _failed);

    protected TimeProvider Time { get; } = time;

    /// <summary>What a run does, as the subject of log messages, such as "Checking for incidents".</summary>
    protected abstract string Purpose { get; }

    /// <summary>The interval between runs; infinite for a loop that overrides <see cref="WaitAsync"/>.</summary>
    protected virtual TimeSpan Every => Timeout.InfiniteTimeSpan;

    /// <summary>Whether the first run starts immediately instead of after the first wait.</summary>
    protected virtual bool RunsImmediately => false;

    /// <summary>The delay after a failure, in addition to the usual interval.</summary>
    protected virtual TimeSpan FailureDelay => TimeSpan.Zero;

    /// <summary>Does nothing; the loop starts in <see cref="StartedAsync"/>, because work that runs during startup slows it down.</summary>
    public override Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StartedAsync(CancellationToken cancellationToken) => base.StartAsync(cancellationToken);

    public virtual Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        _timer?.Dispose();
        base.Dispose();
    }

    protected abstract Task RunAsync(CancellationToken stoppingToken);

    /// <summary>Waits until the next run is due.</summary>
    protected virtual async Task WaitAsync(CancellationToken stoppingToken) => await _timer!.WaitForNextTickAsync(stoppingToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Every != Timeout.InfiniteTimeSpan)
            _timer = new PeriodicTimer(Every, Time);
        var waits = !RunsImmediately;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (waits)
                    await WaitAsync(stoppingToken);
                waits = true;
                await RunAsync(stoppingToken);
                NoteSuccess();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A failed run must not end the loop.
            catch (Exception e)
            {
                NoteFailure(e);
                await Task.Delay(FailureDelay, Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning restore CA1031
        }
    }

    private void NoteSuccess()
    {
        Interlocked.Increment(ref _succeeded);
        if (_consecutiveFailures > 0)
            log.WorksAgain(Purpose, _consecutiveFailures);
        _consecutiveFailures = 0;
    }

    private void NoteFailure(Exception e)
    {
        Interlocked.Increment(ref _failed);
        _consecutiveFailures++;
        _failuresSinceLog++;
        var now = Time.GetUtcNow();
        if (now - _loggedAt < LogEvery)
            return;

        if (DatabaseErrors.IsDatabaseError(e))
            log.WorkWaitsForDatabase(Purpose, DatabaseErrors.Describe(e), _failuresSinceLog);
        else
            log.WorkFailed(Purpose, _failuresSinceLog, e);
        (_loggedAt, _failuresSinceLog) = (now, 0);
    }
}
