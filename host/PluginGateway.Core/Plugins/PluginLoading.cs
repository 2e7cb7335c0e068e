using PluginGateway.Core.Adapters;
using PluginGateway.Core.Email;
using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Inspection;
using PluginGateway.PluginHosting.Reloading;

namespace PluginGateway.Core.Plugins;

/// <summary>
/// Loads the adapters at startup: first the built-in ones, then those in the plug-ins folder. Logs their status changes from then on.
/// </summary>
internal sealed class PluginLoading(
    PluginCatalog plugins, PluginPipeline pipeline, PluginReloader reloader, EmailPlugin email, PluginOptions options, IHostEnvironment environment,
    ILogger<PluginLoading> log)
{
    /// <param name="databaseReady">Completes when the database has its schema.</param>
    /// <param name="ct">Cancelled when the gateway stops.</param>
    public async Task RunAsync(Task databaseReady, CancellationToken ct)
    {
        plugins.AddBuiltIn(EmailPlugin.Name, email);
        plugins.AddBuiltIn(BlackholePlugin.Name, new BlackholePlugin());
        plugins.AddBuiltIn(RefusePlugin.Name, new RefusePlugin());
        plugins.Statuses.Changed += (_, status) => Log(status);
        pipeline.Found = Log;
        await reloader.StartAsync(databaseReady, ct);
    }

    /// <summary>Notes that the adapters of all councils have been created. Commands, which do not start the gateway, do not call it.</summary>
    public async Task StartedAsync(CancellationToken ct)
    {
        await reloader.StartedAsync(ct);
        if (options.Trust == PluginTrust.Any && environment.IsProduction())
            log.AnyPluginIsTrusted(options.FullPath);
    }

    private void Log(PluginManifest manifest, PluginFinding finding)
    {
        // Logged as information only: the plug-in may never call the code that a finding in a library refers to.
        if (manifest.LibraryFindings.Contains(finding))
            log.LibraryFinding(manifest.AdapterName, manifest.Version, finding.Text);
        else
            log.PluginFinding(manifest.AdapterName, manifest.Version, finding.Text);
    }

    private void Log(PluginStatus? status)
    {
        switch (status?.State)
        {
            case PluginState.Active or PluginState.Probation:
                log.PluginServes(status.AdapterName!, status.Version!, status.Generation, status.Path);
                break;
            case PluginState.Refused or PluginState.Quarantined:
                log.PluginRefused(status.Path, status.Reason!.TrimEnd('.'));
                break;
            case PluginState.Abandoned or PluginState.Leaked:
                log.PluginStuck(status.AdapterName!, status.Version!, status.Generation, status.Reason!);
                break;
        }
    }
}
