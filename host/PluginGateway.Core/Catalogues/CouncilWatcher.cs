using PluginGateway.Core.Background;

namespace PluginGateway.Core.Catalogues;

/// <summary>Checks the council files once per second, so that edits take effect without a restart.</summary>
internal sealed class CouncilWatcher(CouncilDirectory directory, TimeProvider time, ILogger<CouncilWatcher> log) : PeriodicWork(time, log)
{
    protected override string Purpose => "Checking the council files";

    protected override TimeSpan Every => TimeSpan.FromSeconds(1);

    protected override Task RunAsync(CancellationToken stoppingToken) => directory.ScanAsync(stoppingToken);
}
