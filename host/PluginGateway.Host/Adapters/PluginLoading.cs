using Microsoft.Extensions.Options;
using PluginGateway.Host.Email;
using PluginGateway.Host.Storage;
using PluginGateway.PluginHosting;

namespace PluginGateway.Host.Adapters;

/// <summary>Fills the catalogue of plug-ins at start: those that are part of the host, then those that were dropped.</summary>
internal sealed class PluginLoading(
    PluginCatalog plugins, EmailPlugin email, IOptions<PluginOptions> options, IOptions<StateOptions> state, ILogger<PluginLoading> log)
{
    public void Run()
    {
        plugins.AddBuiltIn(EmailPlugin.Name, email);
        plugins.AddBuiltIn(BlackholePlugin.Name, new BlackholePlugin());
        plugins.AddBuiltIn(RefusePlugin.Name, new RefusePlugin());
        plugins.LoadAll(options.Value.FullPath, Path.Combine(state.Value.FullPath, "plugins"));
        foreach (var plugin in plugins.Statuses)
        {
            if (plugin.State == PluginState.Active)
                log.PluginLoaded(plugin.AdapterName!, plugin.Version!, plugin.Generation, plugin.Path);
            else if (plugin.State == PluginState.Refused)
                log.PluginRefused(plugin.Path, plugin.Reason!);
        }
    }
}
