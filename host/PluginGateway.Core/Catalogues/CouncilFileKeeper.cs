using PluginGateway.Core.Background;

namespace PluginGateway.Core.Catalogues;

/// <summary>Stores the valid versions of the council files, and applies the changes of other hosts and of commands.</summary>
internal sealed class CouncilFileKeeper(CouncilDirectory directory, StoredCouncilFiles store, TimeProvider time, ILogger<CouncilFileKeeper> log)
    : PeriodicWork(time, log)
{
    protected override string Purpose => "Storing the council files";

    protected override TimeSpan Every => TimeSpan.FromSeconds(1);

    protected override bool RunsImmediately => true;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        foreach (var unsaved in directory.Unsaved)
        {
            await store.SaveAsync(unsaved.File, unsaved.Content, stoppingToken);
            directory.MarkSaved(unsaved);
        }

        await directory.ApplyAsync(await store.ListAsync(stoppingToken), stoppingToken);
    }
}
