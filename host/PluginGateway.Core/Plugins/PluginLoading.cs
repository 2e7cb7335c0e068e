using PluginGateway.Core.Adapters;
using PluginGateway.Core.Email;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Reloading;

namespace PluginGateway.Core.Plugins;

/// <summary>
/// Fills the catalogue of plug-ins at start: those that are part of the host, then those that were dropped. Logs what becomes of each from then on.
/// </summary>
internal sealed class PluginLoading(PluginCatalog plugins, PluginPipeline pipeline, PluginReloader reloader, EmailPlugin email, ILogger<PluginLoading> log)
{
    /// <param name="databaseReady">Ends when the database has its schema.</param>
    /// <param name="ct">The gateway stops.</param>
    public async Task RunAsync(Task databaseReady, CancellationToken ct)
    {
        plugins.AddBuiltIn(EmailPlugin.Name, email);
        plugins.AddBuiltIn(BlackholePlugin.Name, new BlackholePlugin());
        plugins.AddBuiltIn(RefusePlugin.Name, new RefusePlugin());
        plugins.Statuses.Changed += (_, status) => Tell(status);
        pipeline.Found = Tell;
        await reloader.StartAsync(databaseReady, ct);
    }

    private void Tell(PluginManifest manifest, PluginFinding finding)
    {
        // What a library could do its user need not: that is for whoever looks for a cause.
        if (manifest.LibraryFindings.Contains(finding))
            log.LibraryFinding(manifest.AdapterName, manifest.Version, finding.Text);
        else
            log.PluginFinding(manifest.AdapterName, manifest.Version, finding.Text);
    }

    private void Tell(PluginStatus? status)
    {
        switch (status?.State)
        {
            case PluginState.Active or PluginState.Probation:
                log.PluginServes(status.AdapterName!, status.Version!, status.Generation, status.Path);
                break;
            case PluginState.Refused or PluginState.Quarantined:
                log.PluginRefused(status.Path, status.Reason!);
                break;
            case PluginState.Abandoned or PluginState.Leaked:
                log.PluginStuck(status.AdapterName!, status.Version!, status.Generation, status.Reason!);
                break;
        }
    }
}
