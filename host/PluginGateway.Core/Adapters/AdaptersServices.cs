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
        services.AddSingleton<StateProtection>();
        return services;
    }
}
