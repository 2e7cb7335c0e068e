using PluginGateway.Core.Adapters;
using PluginGateway.Core.Alerts;
using PluginGateway.Core.Attachments;
using PluginGateway.Core.Catalogues;
using PluginGateway.Core.Clients;
using PluginGateway.Core.Cluster;
using PluginGateway.Core.Email;
using PluginGateway.Core.KeyRing;
using PluginGateway.Core.Operating;
using PluginGateway.Core.People;
using PluginGateway.Core.Plugins;
using PluginGateway.Core.Retention;
using PluginGateway.Core.Search;
using PluginGateway.Core.Sending;
using PluginGateway.Core.Storage;
using PluginGateway.Core.Templates;
using PluginGateway.Core.Updates;

namespace PluginGateway.Core;

internal static class CoreServices
{
    /// <summary>Registers the services of all folders, in dependency order. Hosted services stop in the reverse order.</summary>
    public static IServiceCollection AddCore(this IServiceCollection services)
    {
        services.AddSingleton(new DatabaseClock(TimeProvider.System));
        services.AddSingleton<TimeProvider>(static provider => provider.GetRequiredService<DatabaseClock>());
        return services
            .AddStorage()
            .AddTemplates()
            .AddAttachments()
            .AddCluster()
            .AddClients()
            .AddSearch()
            .AddAdapters()
            .AddKeyRing()
            .AddPeople()
            .AddCatalogues()
            .AddEmail()
            .AddPlugins()
            .AddSending()
            .AddUpdates()
            .AddOperating()
            .AddAlerts()
            .AddRetention();
    }
}
