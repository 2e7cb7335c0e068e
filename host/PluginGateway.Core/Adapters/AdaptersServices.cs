using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;

namespace PluginGateway.Core.Adapters;

internal static class AdaptersServices
{
    public static IServiceCollection AddAdapters(this IServiceCollection services)
    {
        services.AddSingleton<CallStatistics>();
        services.AddSingleton<AdapterCaller>();
        services.AddSingleton<AdapterContexts>();
        services.AddSingleton<AdapterStateStore>();
        services.AddSingleton<BackEndHttpClients>();
        services.AddSingleton<DataKeys>();
        services.AddSingleton<StateProtection>();
        services.AddDataProtection().SetApplicationName("PluginGateway");
        services.AddOptions<KeyManagementOptions>().Configure<DataKeys>(static (options, keys) => options.XmlRepository = keys);
        return services;
    }
}
