using PluginGateway.Core.Storage;

namespace PluginGateway.Core.Background;

/// <summary>
/// A background loop: it runs again and again from when the gateway listens until it stops. What a run throws is logged, at most once a minute,
/// and the loop goes on. No state of a database, a file or a council's system may end the gateway.
/// </summary>
internal abstract class PeriodicWork(TimeProvider time, ILogger log) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan LogEvery = TimeSpan.FromMinutes(1);

    private PeriodicTimer? _timer;
    private DateTimeOffset _loggedAt;
    private long _failuresSinceLog;
    private long _failuresInARow;
    private long _succeeded;
    private long _failed;

    /// <summary>How many runs ended as they should.</summary>
    public long SucceededRuns => Interlocked.Read(ref _succeeded);

    /// <summary>How many runs, or waits for one, ended with an exception.</summary>
    public long FailedRuns => Interlocked.Read(ref _failed);

    protected TimeProvider Time { get; } = time;

    /// <summary>What a run does; the log begins its sentences with it: "Checking for incidents".</summary>
    protected abstract string Purpose { get; }

    /// <summary>The time from one run to the next; infinite for a loop that overrides <see cref="WaitAsync"/>.</summary>
    protected virtual TimeSpan Every => Timeout.InfiniteTimeSpan;

    /// <summary>Whether the first run comes at once, and not after the first wait.</summary>
    protected virtual bool RunsAtOnce => false;

    /// <summary>How long a failure is left alone, before the usual wait.</summary>
    protected virtual TimeSpan AfterFailure => TimeSpan.Zero;

    /// <summary>Nothing yet: what runs beside the start slows it down.</summary>
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

    /// <summary>Returns when the next run is due.</summary>
    protected virtual async Task WaitAsync(CancellationToken stoppingToken) => await _timer!.WaitForNextTickAsync(stoppingToken);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Every != Timeout.InfiniteTimeSpan)
            _timer = new PeriodicTimer(Every, Time);
        var waits = !RunsAtOnce;
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
#pragma warning disable CA1031 // What makes this class: one bad run must not be the last.
            catch (Exception e)
            {
                NoteFailure(e);
                await Task.Delay(AfterFailure, Time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning restore CA1031
        }
    }

    private void NoteSuccess()
    {
        Interlocked.Increment(ref _succeeded);
        if (_failuresInARow > 0)
            log.WorksAgain(Purpose, _failuresInARow);
        _failuresInARow = 0;
    }

    private void NoteFailure(Exception e)
    {
        Interlocked.Increment(ref _failed);
        _failuresInARow++;
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
