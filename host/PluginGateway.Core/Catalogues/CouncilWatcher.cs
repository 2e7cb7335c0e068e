using PluginGateway.Core.Background;

namespace PluginGateway.Core.Catalogues;

/// <summary>Looks at the council files once a second, so that an edit is live without a restart.</summary>
internal sealed class CouncilWatcher(CouncilDirectory directory, TimeProvider time, ILogger<CouncilWatcher> log) : PeriodicWork(time, log)
{
    protected override string Purpose => "Checking the council files";

    protected override TimeSpan Every => TimeSpan.FromSeconds(1);

    protected override Task RunAsync(CancellationToken stoppingToken)
    {
        directory.Scan();
        return Task.CompletedTask;
    }
}
