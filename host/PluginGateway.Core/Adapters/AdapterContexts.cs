using PluginGateway.Contracts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Councils;

namespace PluginGateway.Core.Adapters;

/// <summary>Makes what the adapter of a back end is given.</summary>
internal sealed class AdapterContexts(
    SettingsSubstitution filling, BackEndHttpClients http, AdapterStateStore state, AttachmentStore attachments, ILoggerFactory loggers, TimeProvider time)
{
    /// <summary>The context of a back end; settings whose placeholders cannot be filled raise <see cref="AdapterException"/>.</summary>
    public AdapterContext For(BackEnd backEnd, CancellationToken unloading)
    {
        var errors = new List<SettingsError>();
        var settings = filling.Substitute(backEnd.Settings, "$", errors);
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
