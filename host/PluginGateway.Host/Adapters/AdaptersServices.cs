using PluginGateway.PluginHosting;
using PluginGateway.PluginHosting.Loading;

namespace PluginGateway.Host.Adapters;

internal static class AdaptersServices
{
    public static IServiceCollection AddAdapters(this IServiceCollection services)
    {
        services.AddSingleton<IPluginLoader, CollectibleLoader>();
        services.AddSingleton<PluginCatalog>();
        services.AddSingleton<PluginLoading>();
        services.AddSingleton<AdapterCaller>();
        services.AddSingleton<AdapterContexts>();
        services.AddSingleton<AdapterStateStore>();
        services.AddSingleton<BackEndHttpClients>();
        services.AddSingleton<DataKeys>();
        services.AddSingleton<StateProtection>();
        return services;
    }
}
