namespace PluginGateway.Host.Councils;

/// <summary>Looks at the council files once a second, so that an edit is live without a restart.</summary>
internal sealed class CouncilWatcher(CouncilDirectory directory, TimeProvider time, ILogger<CouncilWatcher> log) : PeriodicWork
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                directory.Scan();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.WatchFailed(e);
            }
        }
    }
}
