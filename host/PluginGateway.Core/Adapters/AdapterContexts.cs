using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Adapters;

/// <summary>Creates the contexts of adapters.</summary>
internal sealed class AdapterContexts(
    SettingsSubstitution substitution, BackEndHttpClients http, AdapterStateStore state, AttachmentStore attachments, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>Creates the context for a back end.</summary>
    /// <exception cref="AdapterException">A placeholder in the settings cannot be substituted.</exception>
    public AdapterContext For(BackEnd backEnd, CancellationToken unloading)
    {
        var errors = new List<SettingsError>();
        var settings = substitution.Substitute(backEnd.Settings, "$", errors);
        if (errors.Count > 0)
            throw AdapterException.InvalidSettings(errors);

        return new AdapterContext
        {
            Council = backEnd.Council,
            CouncilName = backEnd.CouncilName,
            BackEnd = backEnd.Name,
            Settings = settings,
            Http = http.For(backEnd),
            Logger = loggers.CreateLogger($"PluginGateway.Adapters.{backEnd.Adapter}"),
            Time = time,
            TimeZone = backEnd.TimeZone,
            State = state.For(backEnd),
            Attachments = attachments,
            Unloading = unloading,
        };
    }
}
